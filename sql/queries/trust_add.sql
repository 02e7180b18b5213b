-- A statement and its log entry; a version that is there by now is a lost race.
-- $1 product, $2 its name, $3 version, $4 statement, $5 its digest, $6 at, $7 who, $8 person, $9 request,
-- $10 log kind, $11 log entry, $12 its salt
WITH added AS (
	INSERT INTO trust_statement (product_id, product, version, bytes, sha256, published_at, published_by,
	    person, request_id)
	VALUES ($1::bigint, $2::text, $3::bigint, $4::bytea, $5::bytea, $6::timestamptz, $7::text, $8::text,
	    $9::bigint)
	ON CONFLICT (product_id, version) DO NOTHING
	RETURNING id
), entry AS (
	INSERT INTO log_entry (at, kind, entry) SELECT $6::timestamptz, $10::text, $11::bytea FROM added
	RETURNING id
), salted AS (
	INSERT INTO log_salt (entry_id, salt, record_kind, record_id)
	SELECT e.id, $12::bytea, 'trust-statement', a.id FROM entry e CROSS JOIN added a
)
SELECT id FROM added
UNION ALL
SELECT lost_race() WHERE NOT EXISTS (SELECT FROM added)
