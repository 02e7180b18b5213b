-- $1 digest of the key, $2 subject as text, $3 since, $4 count up to
SELECT k.digest IS NOT NULL, coalesce(k.kind = 'server' AND k.compromised_at IS NULL, false), c.id,
    c.profile_id, c.der,
    (SELECT count(*) FROM (SELECT FROM certificate s
	WHERE s.subject_text = $2::text AND s.issued_at >= $3::timestamptz
	ORDER BY s.id DESC LIMIT $4::bigint) recent)
FROM (SELECT $1::bytea AS digest) asked
LEFT JOIN public_key k ON k.digest = asked.digest
LEFT JOIN LATERAL (
	SELECT c.id, c.profile_id, c.der FROM certificate c
	WHERE c.key_digest = asked.digest AND c.device_id IS NULL
	ORDER BY c.id DESC LIMIT 1
) c ON true
