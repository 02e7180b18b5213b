-- $1 origin, $2 at most of this size; -1: the newest
SELECT c.size, c.root, c.note, coalesce((SELECT string_agg(s.line, '' ORDER BY s.witness)
    FROM log_cosignature s WHERE s.origin_id = c.origin_id AND s.size = c.size), '')
FROM log_checkpoint c
WHERE c.origin_id = $1::bigint AND ($2::bigint < 0 OR c.size <= $2::bigint)
ORDER BY c.size DESC LIMIT 1
