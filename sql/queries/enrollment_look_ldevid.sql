-- All that decides a renewal, in one moment: the certificate that authenticates, and whose it is.
-- $1 authorities that bear the issuer's name and key, $2 serial number, $3 digest of the new key,
-- $4 label id, $5 resend what was issued after, $6 now, $7 how many certificates a device may have in a
-- while
SELECT
	d.id, d.state, d.idevid_key, d.product_id, d.serial,
	k.digest IS NOT NULL, coalesce(k.device_id, 0), k.kind, k.compromised_at IS NOT NULL,
	i.digest IS NOT NULL, coalesce(i.device_id, 0), i.kind, i.compromised_at IS NOT NULL,
	0::bigint, 0::bigint,
	a.id, a.der, a.profile_id,
	c.id, c.der,
	NULL::bigint, NULL::text, NULL::bytea,
	coalesce(d.issuances + d.revision, 0),
	(SELECT issued_at FROM certificate WHERE device_id = d.id AND label_id = $4::bigint
	    ORDER BY id DESC OFFSET $7::bigint - 1 LIMIT 1),
	coalesce(d.announced, false), coalesce(a.label_id, 0),
	coalesce(r.reason::bigint, -1), a.first_used_at IS NOT NULL, coalesce(a.renews, 0)
FROM (SELECT) AS once
LEFT JOIN certificate a ON a.authority_id = ANY ($1::bigint[]) AND a.serial = $2::bytea
LEFT JOIN revocation r ON r.authority_id = a.authority_id AND r.serial = a.serial AND r.resumed_at IS NULL
LEFT JOIN device d ON d.id = a.device_id
LEFT JOIN public_key k ON k.digest = $3::bytea
LEFT JOIN public_key i ON i.digest = a.key_digest
LEFT JOIN LATERAL (
	SELECT id, der FROM certificate
	WHERE device_id = a.device_id AND key_digest = $3::bytea AND label_id = $4::bigint
	    AND renews = a.id AND not_after > $6::timestamptz AND issued_at > $5::timestamptz
	    AND NOT EXISTS (SELECT FROM revocation v WHERE v.authority_id = certificate.authority_id
		AND v.serial = certificate.serial AND v.resumed_at IS NULL)
	ORDER BY id DESC LIMIT 1
) c ON true
