-- time, kind, entry, salt, record_kind, record_id
WITH entry AS (
	INSERT INTO log_entry (at, kind, entry) VALUES ($1, $2, $3) RETURNING id
)
INSERT INTO log_salt (entry_id, salt, record_kind, record_id) SELECT id, $4, $5, $6 FROM entry
