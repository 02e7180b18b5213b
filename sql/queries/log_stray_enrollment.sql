-- Enrollments in a state that somebody, or the clock, must have decided on, without an entry that says so.
-- $1 after, $2 window, $3 origin (of no matter here). The row without a fault says how far it looked.
WITH page AS (
	SELECT t.* FROM enrollment t WHERE t.id > $1::bigint
	    AND (t.decided_at IS NOT NULL OR t.state <> 'open') ORDER BY t.id LIMIT $2::bigint
), told AS (
	SELECT p.*, ARRAY(SELECT e.kind FROM log_salt s JOIN log_entry e ON e.id = s.entry_id
	    WHERE s.record_kind = 'enrollment' AND s.record_id = p.id) AS kinds
	FROM page p WHERE $3::bigint IS NOT NULL
)
SELECT t.id, t.label || ' ' || coalesce(t.product, '') || ' ' || coalesce(t.serial, ''), CASE
    WHEN t.state = 'expired' THEN 'expired without an entry in the log'
    ELSE 'decided without an entry in the log' END
FROM told t
WHERE CASE t.state
    WHEN 'expired' THEN 'enrollment.expired' <> ALL (t.kinds)
    WHEN 'rejected' THEN 'enrollment.rejected' <> ALL (t.kinds)
    WHEN 'approved' THEN 'enrollment.approved' <> ALL (t.kinds)
    WHEN 'redeemed' THEN 'enrollment.approved' <> ALL (t.kinds)
    ELSE t.kinds = '{}' END
UNION ALL
SELECT max(id), NULL, NULL FROM page
