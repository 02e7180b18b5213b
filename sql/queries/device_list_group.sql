-- Newest first, of some products (NULL: all) or in some states: the newest of each pair of both, and of
-- these the newest. $1 before this id, $2 how many, $3 products, $4 states
SELECT d.id, p.name, d.serial, d.state, d.announced, d.created_at, d.first_enrolled_at, d.issuances,
    d.idevid_key, d.idevid_certificate, d.revision + d.issuances
FROM (
	SELECT one.*
	FROM (SELECT id FROM product WHERE $3::bigint[] IS NULL OR id = ANY ($3::bigint[])) x
	CROSS JOIN unnest($4::text[]) AS s (state)
	CROSS JOIN LATERAL (
		SELECT * FROM device
		WHERE product_id = x.id AND state = s.state AND -id > -$1::bigint
		ORDER BY -id
		LIMIT $2::bigint
	) one
	ORDER BY one.id DESC
	LIMIT $2::bigint
) d JOIN product p ON p.id = d.product_id
ORDER BY d.id DESC
