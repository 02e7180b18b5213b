-- As certificate_walk.sql, of some products or of one authority: the newest of each pair of both, and of
-- these the newest. $4 products (NULL: all), $5 authority (NULL: all)
SELECT one.id, one.not_after, one.device_id
FROM (
	SELECT id FROM product WHERE $4::bigint[] IS NULL OR id = ANY ($4::bigint[])
	UNION ALL
	SELECT 0 WHERE $4::bigint[] IS NULL
) p
CROSS JOIN (SELECT id FROM authority WHERE $5::bigint IS NULL OR id = $5::bigint) a
CROSS JOIN LATERAL (
	SELECT c.id, c.not_after, c.device_id FROM certificate c
	WHERE c.product_id = p.id AND c.authority_id = a.id AND -c.id > -$1::bigint AND -c.id <= -$3::bigint
	ORDER BY -c.id
	LIMIT $2::bigint
) one
ORDER BY one.id DESC
LIMIT $2::bigint
