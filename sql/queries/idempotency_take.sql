-- No row: the key was used lately. Who takes it at the same time waits for the other's end.
-- $1 principal, $2 key, $3 digest of the call, $4 now, $5 keys older than this are free again
INSERT INTO idempotency (principal, key, digest, at) VALUES ($1::text, $2::text, $3::bytea,
    $4::timestamptz)
ON CONFLICT (principal, key) DO UPDATE
   SET digest = excluded.digest, at = excluded.at, status = NULL, content_type = NULL,
       location = NULL, etag = NULL, body = NULL
   WHERE idempotency.at < $5::timestamptz
RETURNING key
