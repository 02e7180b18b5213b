-- $1 purpose, $2 URI, $3 SPKI, $4 issuer, $5 now
INSERT INTO service_key (purpose, key_uri, spki, issuer, created_at)
VALUES ($1::text, $2::text, $3::bytea, $4::text, $5::timestamptz)
RETURNING id
