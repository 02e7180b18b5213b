-- $1 digest of issuer and jti
SELECT digest, token_digest, retry_digest, token_id, jti, expires_at
FROM spent_token
WHERE digest = $1::bytea
