-- No row: it is none. With the version of policy, as token_find.sql, and who revoked the token that it was
-- made with, or one that this descends from; and why it is itself revoked or held (RFC 5280 5.3.1; NULL: it
-- is not). $1 authority, $2 serial number, $3 DER
SELECT (SELECT version FROM policy_version), c.person, c.token_id, (
	WITH RECURSIVE line AS (
		SELECT id, parent_id, revoked_by FROM token WHERE id = c.token_id
		UNION
		SELECT t.id, t.parent_id, t.revoked_by FROM token t JOIN line l ON t.id = l.parent_id
	)
	SELECT revoked_by FROM line WHERE revoked_by IS NOT NULL LIMIT 1),
    r.reason::integer
FROM certificate c JOIN public_key k ON k.digest = c.key_digest
LEFT JOIN revocation r ON r.certificate_id = c.id AND r.resumed_at IS NULL
WHERE c.authority_id = $1::bigint AND c.serial = $2::bytea AND c.der = $3::bytea
  AND c.device_id IS NULL AND k.kind = 'operator' AND k.compromised_at IS NULL
