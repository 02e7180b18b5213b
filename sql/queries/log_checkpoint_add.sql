-- $1 origin, $2 size, $3 root, $4 note
INSERT INTO log_checkpoint (origin_id, size, root, note)
VALUES ($1::bigint, $2::bigint, $3::bytea, $4::text)
ON CONFLICT (origin_id, size) DO NOTHING
