-- Newest first. $1 before this id, $2 how many, $3 products that the one who asks may see (NULL: all),
-- $4 state or NULL
SELECT m.id, m.created_at, m.who, m.person, m.request_id, m.selector, m.digest, m.total,
    m.reason::integer, m.invalidity_at, m.state, m.cursor, m.done, m.revoked, m.ended_at, m.ended_by,
    m.failure, m.newest, m.valid_at, (SELECT array_agg(p.name ORDER BY p.name) FROM product p
    WHERE p.id = ANY (m.products)), 0::bigint = ANY (m.products)
FROM mass_act m
WHERE m.id < $1::bigint AND ($3::bigint[] IS NULL OR m.products <@ $3::bigint[])
    AND ($4::text IS NULL OR m.state = $4::text)
ORDER BY m.id DESC
LIMIT $2::bigint
