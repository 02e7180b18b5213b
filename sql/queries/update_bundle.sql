-- Who shows a certificate, and the bundle that it is to run.
-- $1 authorities that bear the issuer's name and key, $2 serial number, $3 channel,
-- $4 version before (-1: any), $5 digest that the client has: no octets then
SELECT c.id, c.der, c.device_id, c.label_id, coalesce(c.renews, 0), c.first_used_at IS NOT NULL,
    d.state, coalesce(r.reason::bigint, -1), k.compromised_at IS NOT NULL, coalesce(p.name || ' ', '') || d.serial,
    p.name,
    f.sha256, CASE WHEN f.sha256 = $5::bytea THEN NULL ELSE f.bytes END
FROM certificate c
JOIN device d ON d.id = c.device_id
LEFT JOIN product p ON p.id = d.product_id
LEFT JOIN revocation r ON r.authority_id = c.authority_id AND r.serial = c.serial AND r.resumed_at IS NULL
LEFT JOIN public_key k ON k.digest = c.key_digest
LEFT JOIN LATERAL (
	SELECT b.sha256, b.bytes FROM (
		SELECT id FROM release
		WHERE product_id = p.id AND channel = $3::text AND state = 'published' AND $4::bigint < 0
		ORDER BY sequence DESC LIMIT 1
	) n JOIN release_bundle b ON b.release_id = n.id
) f ON true
WHERE c.authority_id = ANY ($1::bigint[]) AND c.serial = $2::bytea
