-- One whose time has passed, or that was redeemed and makes room for the next. Who decided stays; where
-- nobody had, the server did. No row: somebody came first.
-- $1 id, $2 now, $3 log entry, $4 its salt
WITH gone AS (
	UPDATE enrollment SET state = 'expired', decided_by = coalesce(decided_by, 'signetd'),
	    decided_at = coalesce(decided_at, $2::timestamptz)
	WHERE id = $1::bigint AND (state = 'redeemed'
	    OR state IN ('open', 'approved', 'rejected') AND expires_at <= $2::timestamptz)
	RETURNING id
), logged AS (
	INSERT INTO log_entry (at, kind, entry)
	SELECT $2::timestamptz, 'enrollment.expired', $3::bytea FROM gone
	RETURNING id
), salted AS (
	INSERT INTO log_salt (entry_id, salt, record_kind, record_id)
	SELECT logged.id, $4::bytea, 'enrollment', gone.id FROM logged CROSS JOIN gone
)
SELECT id FROM gone
