-- Certificates of some products, those first that end first: the first of each product, and of these
-- the first.
-- $1 behind this id among those that end at $13, $2 how many, $3 from this id on, $4 issued not before,
-- $5 products (NULL: all), $6 authority, $7 device, $8 device's serial number, $9 certificate's serial
-- number, $10 subject, $11 ends not before, $12 ends before, $13 behind those that end then. $6 to $12
-- and $4 NULL: whatever.
SELECT v.*
FROM (
	SELECT one.id
	FROM unnest($5::bigint[]) AS p (id)
	CROSS JOIN LATERAL (
		SELECT c.id, c.not_after FROM certificate c
		WHERE c.product_id = p.id AND (c.not_after, c.id) > ($13::timestamptz, $1::bigint)
		    AND c.not_after < coalesce($12::timestamptz, 'infinity')
		    AND c.id >= $3::bigint
		    AND ($4::timestamptz IS NULL OR c.issued_at >= $4::timestamptz)
		    AND ($6::bigint IS NULL OR c.authority_id = $6::bigint)
		    AND ($7::bigint IS NULL OR c.device_id = $7::bigint)
		    AND ($8::text IS NULL OR EXISTS (SELECT FROM device d
		WHERE d.id = c.device_id AND d.serial = $8::text))
		    AND ($9::bytea IS NULL OR c.serial = $9::bytea)
		    AND ($10::text IS NULL OR c.subject_text = $10::text)
		    AND ($11::timestamptz IS NULL OR c.not_after >= $11::timestamptz)
		ORDER BY c.not_after, c.id
		LIMIT $2::bigint
	) one
	ORDER BY one.not_after, one.id
	LIMIT $2::bigint
) page JOIN certificate_named v ON v.id = page.id
ORDER BY v.not_after, v.id
