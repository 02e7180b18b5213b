-- $1 origin, $2 levels, $3 indexes, $4 widths, $5 bytes
INSERT INTO log_edge (origin_id, level, index, width, bytes)
SELECT $1::bigint, level, index, width, bytes
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[]) AS t (level, index, width, bytes)
ON CONFLICT (origin_id, level) DO UPDATE SET
	index = excluded.index, width = excluded.width, bytes = excluded.bytes
