-- $1 the log before, $2 first index, $3 most
SELECT e.id, e.entry FROM log_leaf l JOIN log_entry e ON e.id = l.entry_id
WHERE l.origin_id = $1::bigint AND l.index >= $2::bigint AND l.index < $2::bigint + $3::bigint
ORDER BY l.index
