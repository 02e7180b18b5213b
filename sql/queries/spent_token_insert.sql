-- $1 digest of issuer and jti, $2 of the token, $3 of its Idempotency-Key, $4 our token, $5 its jti,
-- $6 when theirs ends
INSERT INTO spent_token (digest, token_digest, retry_digest, token_id, jti, expires_at)
VALUES ($1::bytea, $2::bytea, $3::bytea, $4::bigint, $5::text, $6::timestamptz)
