-- What was answered. principal, key, status, content type, location, etag, body
UPDATE idempotency SET status = $3, content_type = $4, location = $5, etag = $6, body = $7
WHERE principal = $1 AND key = $2
