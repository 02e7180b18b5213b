-- Nobody else goes on with it until the transaction ends. $1 id
SELECT m.id, m.created_at, m.who, m.person, m.request_id, m.selector, m.digest, m.total,
    m.reason::integer, m.invalidity_at, m.state, m.cursor, m.done, m.revoked, m.ended_at, m.ended_by,
    m.failure, m.newest, m.valid_at, (SELECT array_agg(p.name ORDER BY p.name) FROM product p
    WHERE p.id = ANY (m.products)), 0::bigint = ANY (m.products)
FROM mass_act m WHERE m.id = $1::bigint
FOR UPDATE OF m
