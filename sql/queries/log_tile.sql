-- The full one, or the one of the right edge, which may have been cut from less. A full one is asked
-- for first: an edge of the same index is older.
-- $1 origin, $2 level, $3 index
SELECT bytes, 256::bigint AS width FROM log_tile
WHERE origin_id = $1::bigint AND level = $2::bigint AND index = $3::bigint
UNION ALL
SELECT bytes, width::bigint FROM log_edge
WHERE origin_id = $1::bigint AND level = $2::bigint AND index = $3::bigint
ORDER BY width DESC LIMIT 1
