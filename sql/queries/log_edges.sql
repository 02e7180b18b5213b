-- $1 origin
SELECT level::bigint, index, width::bigint, bytes FROM log_edge WHERE origin_id = $1::bigint
ORDER BY level
