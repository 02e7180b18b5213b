-- $1 purpose
SELECT id, purpose, key_uri, spki, issuer, created_at, retired_at
FROM service_key
WHERE purpose = $1::text
ORDER BY id
