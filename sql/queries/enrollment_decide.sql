-- Somebody decided. $1 id, $2 now, $3 'approved' or 'rejected', $4 who, $5 log entry, $6 its salt
WITH decided AS (
	UPDATE enrollment SET state = $3::text, decided_by = $4::text, decided_at = $2::timestamptz
	WHERE id = $1::bigint AND state = 'open' AND expires_at > $2::timestamptz
	RETURNING id
), logged AS (
	INSERT INTO log_entry (at, kind, entry)
	SELECT $2::timestamptz, 'enrollment.' || $3::text, $5::bytea FROM decided
	RETURNING id
), salted AS (
	INSERT INTO log_salt (entry_id, salt, record_kind, record_id)
	SELECT logged.id, $6::bytea, 'enrollment', decided.id FROM logged CROSS JOIN decided
)
SELECT id FROM decided
