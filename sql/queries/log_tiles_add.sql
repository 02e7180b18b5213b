-- $1 origin, $2 levels, $3 indexes, $4 bytes
INSERT INTO log_tile (origin_id, level, index, bytes)
SELECT $1::bigint, level, index, bytes
FROM unnest($2::bigint[], $3::bigint[], $4::bytea[]) AS t (level, index, bytes)
