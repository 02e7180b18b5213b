-- $1 authority, $2 node
SELECT c.id, c.serial, c.key_digest, c.der, c.not_before, c.not_after,
	k.compromised_at IS NOT NULL
	OR EXISTS (SELECT FROM revocation r WHERE r.certificate_id = c.id AND r.resumed_at IS NULL)
FROM ocsp_responder o
JOIN certificate c ON c.id = o.certificate_id
JOIN public_key k ON k.digest = c.key_digest
WHERE o.authority_id = $1::bigint AND o.node = $2::text
