-- $1 origin, $2 from, $3 limit
SELECT l.entry_id, l.index, e.at, e.kind, e.entry, s.salt,
    -- Who erases says so in the log; a salt that is merely gone was not erased.
    CASE WHEN s.erased_at IS NOT NULL AND EXISTS (SELECT FROM policy_change c
	WHERE c.kind = 'log-salt' AND c.name = s.record_kind || ' ' || s.record_id)
    THEN s.erased_at END,
    s.record_kind, s.record_id
FROM log_leaf l
LEFT JOIN log_entry e ON e.id = l.entry_id
LEFT JOIN log_salt s ON s.entry_id = l.entry_id
WHERE l.origin_id = $1::bigint AND l.index >= $2::bigint AND l.index < $2::bigint + $3::bigint
ORDER BY l.index
