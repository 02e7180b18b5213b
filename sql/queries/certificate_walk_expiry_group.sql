-- As certificate_walk_expiry.sql, of some products: the first of each product, and of these the first.
-- $5 products
SELECT one.id, one.not_after, one.device_id
FROM unnest($5::bigint[]) AS p (id)
CROSS JOIN LATERAL (
	SELECT c.id, c.not_after, c.device_id FROM certificate c
	WHERE c.product_id = p.id AND (c.not_after, c.id) > ($3::timestamptz, $1::bigint)
	    AND c.not_after < coalesce($4::timestamptz, 'infinity')
	ORDER BY c.not_after, c.id
	LIMIT $2::bigint
) one
ORDER BY one.not_after, one.id
LIMIT $2::bigint
