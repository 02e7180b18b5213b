-- All that decides an enrollment with an IDevID, in one moment.
-- $1 product, $2 serial, $3 digest of the new key, $4 of the IDevID's key, $5 label id, $6 label,
-- $7 product's name, $8 resend what was issued after, $9 now, $10 path issuers, $11 path serials,
-- $12 how many certificates a device may have in a while: when was the first of the newest so many?
SELECT
	d.id, d.state, d.idevid_key, d.product_id, d.serial,
	k.digest IS NOT NULL, coalesce(k.device_id, 0), k.kind, k.compromised_at IS NOT NULL,
	i.digest IS NOT NULL, coalesce(i.device_id, 0), i.kind, i.compromised_at IS NOT NULL,
	(SELECT count(*) FROM unnest($10::bytea[], $11::bytea[]) AS pair (issuer, serial)
	    JOIN trust_revoked r ON r.issuer = pair.issuer AND r.serial = pair.serial),
	(SELECT count(*) FROM unnest($10::bytea[]) AS path (issuer)
	    WHERE NOT EXISTS (SELECT FROM trust_crl t
		WHERE t.issuer = path.issuer AND t.next_update > $9::timestamptz)),
	NULL::bigint, NULL::bytea, NULL::bigint,
	c.id, c.der,
	p.id, p.state, p.idevid_digest,
	coalesce(d.issuances + d.revision, 0),
	(SELECT issued_at FROM certificate WHERE device_id = d.id AND label_id = $5::bigint
	    ORDER BY id DESC OFFSET $12::bigint - 1 LIMIT 1),
	coalesce(d.announced, false), 0::bigint, -1::bigint, false, 0::bigint
FROM (SELECT) AS once
LEFT JOIN device d ON d.product_id = $1::bigint AND d.serial = $2::text
LEFT JOIN public_key k ON k.digest = $3::bytea
LEFT JOIN public_key i ON i.digest = $4::bytea
LEFT JOIN enrollment p ON p.label = $6::text AND p.product = $7::text AND p.serial = $2::text
    AND p.key_digest = $3::bytea AND p.state IN ('open', 'approved', 'rejected', 'redeemed')
    AND p.expires_at > $9::timestamptz
LEFT JOIN LATERAL (
	SELECT id, der FROM certificate
	WHERE device_id = d.id AND key_digest = $3::bytea AND label_id = $5::bigint
	    AND renews IS NULL AND not_after > $9::timestamptz
	    AND (issued_at > $8::timestamptz OR p.state = 'redeemed')
	    AND NOT EXISTS (SELECT FROM revocation r WHERE r.authority_id = certificate.authority_id
		AND r.serial = certificate.serial AND r.resumed_at IS NULL)
	ORDER BY id DESC LIMIT 1
) c ON true
