-- The certificate of an authority, as one that its issuer has issued, with its log entry; where it is
-- stored already, its id alone.
-- $1 issuer, $2 serial number, $3 digest of its key, $4 subject, $5 not before, $6 not after, $7 DER,
-- $8 now, $9 log entry, $10 its salt, $11 subject as text, $12 name of the key's algorithm
WITH issued AS (
	INSERT INTO certificate (authority_id, serial, key_digest, subject, not_before, not_after, der,
	    issued_at, subject_text, key_algorithm)
	VALUES ($1::bigint, $2::bytea, $3::bytea, $4::bytea, $5::timestamptz, $6::timestamptz, $7::bytea,
	    $8::timestamptz, $11::text, $12::text)
	ON CONFLICT (authority_id, serial) DO NOTHING
	RETURNING id
), logged AS (
	INSERT INTO log_entry (at, kind, entry)
	SELECT $8::timestamptz, 'certificate.issued', $9::bytea FROM issued
	RETURNING id
), salted AS (
	INSERT INTO log_salt (entry_id, salt, record_kind, record_id)
	SELECT logged.id, $10::bytea, 'certificate', issued.id FROM logged CROSS JOIN issued
)
SELECT id FROM issued
UNION ALL
SELECT id FROM certificate WHERE authority_id = $1::bigint AND serial = $2::bytea
