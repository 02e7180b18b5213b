-- As device_walk.sql, of some products or in some states: the newest of each pair of both, and of these the
-- newest. $4 products (NULL: all), $5 states
SELECT one.id, one.first_enrolled_at
FROM (SELECT id FROM product WHERE $4::bigint[] IS NULL OR id = ANY ($4::bigint[])) x
CROSS JOIN unnest($5::text[]) AS s (state)
CROSS JOIN LATERAL (
	SELECT id, first_enrolled_at FROM device
	WHERE product_id = x.id AND state = s.state AND -id > -$1::bigint AND -id <= -$3::bigint
	ORDER BY -id
	LIMIT $2::bigint
) one
ORDER BY one.id DESC
LIMIT $2::bigint
