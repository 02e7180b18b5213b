-- $1 authority or NULL, $2 node or NULL, $3 certificate to go on behind, $4 limit
SELECT o.authority_id, a.name, o.node, c.id, c.serial, c.key_digest, c.not_before, c.not_after,
	k.compromised_at IS NOT NULL
	OR EXISTS (SELECT FROM revocation r WHERE r.certificate_id = c.id AND r.resumed_at IS NULL)
FROM ocsp_responder o
JOIN authority a ON a.id = o.authority_id
JOIN certificate c ON c.id = o.certificate_id
JOIN public_key k ON k.digest = c.key_digest
WHERE ($1::text IS NULL OR a.name = $1::text) AND ($2::text IS NULL OR o.node = $2::text)
AND o.certificate_id < $3::bigint
ORDER BY o.certificate_id DESC
LIMIT $4::bigint
