-- The counts as they are now. $1 products by id (NULL: all, and what is of none)
SELECT s.kind, a.name, p.name, s.state, s.count
FROM statistic_now s
LEFT JOIN authority a ON a.id = s.authority_id
LEFT JOIN product p ON p.id = s.product_id
WHERE $1::bigint[] IS NULL OR s.product_id = ANY ($1::bigint[])
ORDER BY s.kind, a.name, p.name NULLS FIRST, s.state
