-- $1 origin, $2 id
SELECT e.id, coalesce(l.index, -1), e.at, e.kind, e.entry, s.salt,
    -- Who erases says so in the log; a salt that is merely gone was not erased.
    CASE WHEN s.erased_at IS NOT NULL AND EXISTS (SELECT FROM policy_change c
	WHERE c.kind = 'log-salt' AND c.name = s.record_kind || ' ' || s.record_id)
    THEN s.erased_at END,
    s.record_kind, s.record_id
FROM log_entry e
LEFT JOIN log_leaf l ON l.origin_id = $1::bigint AND l.entry_id = e.id
LEFT JOIN log_salt s ON s.entry_id = e.id
WHERE e.id = $2::bigint
