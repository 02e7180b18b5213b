SELECT o.authority_id, a.name, o.node, c.id, c.serial, c.key_digest, c.not_before, c.not_after,
	k.compromised_at IS NOT NULL
	OR EXISTS (SELECT FROM revocation r WHERE r.certificate_id = c.id AND r.resumed_at IS NULL)
FROM ocsp_responder o
JOIN authority a ON a.id = o.authority_id
JOIN certificate c ON c.id = o.certificate_id
JOIN public_key k ON k.digest = c.key_digest
ORDER BY a.name, o.node
