-- What the log entry of a batch commits to. $1 batch
SELECT id, authority_id, serial, der_digest, key_digest, not_before, not_after, issued_at
FROM certificate_archive WHERE batch_id = $1::bigint ORDER BY id
