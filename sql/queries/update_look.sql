-- Who shows a certificate, as certificate_use_look has it, and what that one is to run.
-- $1 authorities that bear the issuer's name and key, $2 serial number, $3 channel
SELECT c.id, c.der, c.device_id, c.label_id, coalesce(c.renews, 0), c.first_used_at IS NOT NULL,
    d.state, coalesce(r.reason::bigint, -1), k.compromised_at IS NOT NULL, coalesce(p.name || ' ', '') || d.serial,
    p.name,
    n.sequence, n.version, b.sha256, octet_length(b.bytes)::bigint, t.version, t.sha256, l.number, l.sha256
FROM certificate c
JOIN device d ON d.id = c.device_id
LEFT JOIN product p ON p.id = d.product_id
LEFT JOIN revocation r ON r.authority_id = c.authority_id AND r.serial = c.serial AND r.resumed_at IS NULL
LEFT JOIN public_key k ON k.digest = c.key_digest
LEFT JOIN LATERAL (
	SELECT id, sequence, version FROM release
	WHERE product_id = p.id AND channel = $3::text AND state = 'published'
	ORDER BY sequence DESC LIMIT 1
) n ON true
LEFT JOIN release_bundle b ON b.release_id = n.id
LEFT JOIN LATERAL (
	SELECT version, sha256 FROM trust_statement WHERE product_id = p.id ORDER BY version DESC LIMIT 1
) t ON true
LEFT JOIN LATERAL (
	SELECT number, sha256 FROM recall_list
	WHERE product_id = p.id AND channel = $3::text ORDER BY number DESC LIMIT 1
) l ON true
WHERE c.authority_id = ANY ($1::bigint[]) AND c.serial = $2::bytea
