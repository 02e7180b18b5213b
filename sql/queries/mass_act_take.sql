-- The oldest that is running and that nobody else holds.
SELECT m.id, m.created_at, m.who, m.person, m.request_id, m.selector, m.digest, m.total,
    m.reason::integer, m.invalidity_at, m.state, m.cursor, m.done, m.revoked, m.ended_at, m.ended_by,
    m.failure, m.newest, m.valid_at, (SELECT array_agg(p.name ORDER BY p.name) FROM product p
    WHERE p.id = ANY (m.products)), 0::bigint = ANY (m.products)
FROM mass_act m WHERE m.state = 'running'
ORDER BY m.id LIMIT 1
FOR UPDATE OF m SKIP LOCKED
