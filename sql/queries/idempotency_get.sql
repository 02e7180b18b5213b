-- principal, key
SELECT digest, status, content_type, location, etag, body FROM idempotency
WHERE principal = $1::text AND key = $2::text
