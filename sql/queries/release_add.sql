-- A draft with its step and log entry; no row: somebody else was quicker with this version.
-- $1 product, $2 its name, $3 channel, $4 version, $5 sequence, $6 class id, $7 content, $8 provenance,
-- $9 manifest, $10 its digest, $11 JSON manifest, $12 its digest, $13 at, $14 who, $15 person, $16 log kind,
-- $17 log entry, $18 its salt
WITH added AS (
	INSERT INTO release (product_id, product, channel, version, sequence, class_id, spec, provenance,
	    manifest, manifest_digest, json_manifest, json_digest, created_at, created_by, created_person)
	VALUES ($1::bigint, $2::text, $3::text, $4::text, $5::bigint, $6::bytea, $7::json, $8::json,
	    $9::bytea, $10::bytea, $11::bytea, $12::bytea, $13::timestamptz, $14::text, $15::text)
	ON CONFLICT (product_id, channel, version) DO NOTHING
	RETURNING id
), step AS (
	INSERT INTO release_step (release_id, step, at, who, person)
	SELECT id, 'created', $13::timestamptz, $14::text, $15::text FROM added
	RETURNING id, release_id
), entry AS (
	INSERT INTO log_entry (at, kind, entry) SELECT $13::timestamptz, $16::text, $17::bytea FROM step
	RETURNING id
), salted AS (
	INSERT INTO log_salt (entry_id, salt, record_kind, record_id)
	SELECT e.id, $18::bytea, 'release-step', s.id FROM entry e CROSS JOIN step s
)
SELECT release_id FROM step
