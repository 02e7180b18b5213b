-- $1 kind of entry
SELECT id, entry FROM log_entry WHERE kind = $1::text ORDER BY id DESC LIMIT 1
