-- A step of a release that is as it was read, with all that belongs to it; else lost_race().
-- $1 release, $2 revision, $3 state, $4 request that it has then, $5 step, $6 at, $7 who, $8 person,
-- $9 request of the step, $10 digest, $11 log kind, $12 log entry, $13 its salt; signed: $14 record,
-- $15 chain, $16 SUIT envelope, $17 JWS, $18 CMS; published: $19 bundle, $20 its digest
WITH moved AS (
	UPDATE release SET state = $3::text, request_id = $4::bigint, revision = revision + 1
	WHERE id = $1::bigint AND revision = $2::bigint
	RETURNING id
), step AS (
	INSERT INTO release_step (release_id, step, at, who, person, request_id, digest)
	SELECT id, $5::text, $6::timestamptz, $7::text, $8::text, $9::bigint, $10::bytea FROM moved
	RETURNING id, release_id
), entry AS (
	INSERT INTO log_entry (at, kind, entry) SELECT $6::timestamptz, $11::text, $12::bytea FROM step
	RETURNING id
), salted AS (
	INSERT INTO log_salt (entry_id, salt, record_kind, record_id)
	SELECT e.id, $13::bytea, 'release-step', s.id FROM entry e CROSS JOIN step s
), signed AS (
	INSERT INTO release_signature (release_id, step_id, signed_at, record, chain, suit, jws, cms)
	SELECT release_id, id, $6::timestamptz, $14::bytea, $15::bytea, $16::bytea, $17::bytea, $18::bytea
	FROM step WHERE $14::bytea IS NOT NULL
), published AS (
	INSERT INTO release_bundle (release_id, bytes, sha256)
	SELECT release_id, $19::bytea, $20::bytea FROM step WHERE $19::bytea IS NOT NULL
)
SELECT id FROM step
UNION ALL
SELECT lost_race() WHERE NOT EXISTS (SELECT FROM moved)
