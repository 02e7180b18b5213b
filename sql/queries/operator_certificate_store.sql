-- An operator's client certificate with its log entry. Nothing is stored, and no row returned, when
-- the key was seen before.
-- $1 digest of the key, $2 authority, $3 serial number, $4 subject, $5 not before, $6 not after,
-- $7 DER, $8 now, $9 log entry, $10 its salt, $11 who stands behind it,
-- $12 token that it is made with, $13 shard, $14 name of the key's algorithm
WITH key AS (
	INSERT INTO public_key (digest, kind, first_seen_at)
	VALUES ($1::bytea, 'operator', $8::timestamptz)
	ON CONFLICT (digest) DO NOTHING
	RETURNING digest
), issued AS (
	INSERT INTO certificate (authority_id, serial, key_digest, subject, not_before, not_after, der,
	    issued_at, person, token_id, shard, key_algorithm)
	SELECT $2::bigint, $3::bytea, digest, $4::bytea, $5::timestamptz, $6::timestamptz, $7::bytea,
	    $8::timestamptz, $11::text, $12::bigint, $13::integer, $14::text
	FROM key
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
