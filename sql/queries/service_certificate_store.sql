-- A service's certificate with its log entry. Nothing is stored, and no row returned, when the key is not
-- as it was judged: new, or a server's that $15 is the certificate of.
-- $1 digest of the key, $2 authority, $3 serial number, $4 subject, $5 not before, $6 not after,
-- $7 DER, $8 now, $9 log entry, $10 its salt, $11 shard, $12 key algorithm, $13 profile,
-- $14 subject as text, $15 the certificate that it renews (NULL: none)
WITH made AS (
	INSERT INTO public_key (digest, kind, first_seen_at)
	SELECT $1::bytea, 'server', $8::timestamptz WHERE $15::bigint IS NULL
	ON CONFLICT (digest) DO NOTHING
	RETURNING digest
), key AS (
	SELECT digest FROM made
	UNION ALL
	SELECT digest FROM public_key
	WHERE digest = $1::bytea AND kind = 'server' AND compromised_at IS NULL AND $15::bigint IS NOT NULL
), issued AS (
	INSERT INTO certificate (authority_id, serial, key_digest, subject, not_before, not_after, der,
	    issued_at, shard, key_algorithm, profile_id, subject_text, renews)
	SELECT $2::bigint, $3::bytea, digest, $4::bytea, $5::timestamptz, $6::timestamptz, $7::bytea,
	    $8::timestamptz, $11::integer, $12::text, $13::bigint, $14::text, $15::bigint
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
