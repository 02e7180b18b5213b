-- An attempt that issued nothing; with an alarm and its log entry: once an hour for one device, or
-- for what is no device of ours of one product, so that no maker's units can hide another's.
-- $1 now, $2 label, $3 operation, $4 outcome, $5 reason code, $6 rule, $7 message, $8 advice,
-- $9 device, $10 product's name, $11 serial, $12 digest of the new key, $13 of the IDevID,
-- $14 certificate, $15 peer address, $16 request id, $17 stranger, $18 alarm kind (NULL: none),
-- $19 alarm detail, $20 log entry, $21 its salt
WITH attempt AS (
	INSERT INTO enrollment (at, label, operation, outcome, reason_code, rule, message, advice,
	    device_id, product, serial, key_digest, idevid_digest, certificate_id, peer_address,
	    request_id, stranger)
	VALUES ($1::timestamptz, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text,
	    $9::bigint, $10::text, $11::text, $12::bytea, $13::bytea, $14::bigint, $15::text,
	    $16::text, $17::boolean)
	RETURNING id
), alarmed AS (
	INSERT INTO alarm (at, kind, device_id, enrollment_id, detail)
	SELECT $1::timestamptz, $18::text, $9::bigint, attempt.id, $19::text FROM attempt
	WHERE $18::text IS NOT NULL AND NOT EXISTS (SELECT FROM alarm a
	    WHERE a.kind = $18::text AND a.at > $1::timestamptz - interval '1 hour'
		AND (a.device_id = $9::bigint
		    OR $9::bigint IS NULL AND a.device_id IS NULL
			AND EXISTS (SELECT FROM enrollment e WHERE e.id = a.enrollment_id
			    AND e.product IS NOT DISTINCT FROM $10::text)))
	RETURNING id
), logged AS (
	INSERT INTO log_entry (at, kind, entry)
	SELECT $1::timestamptz, 'alarm.' || $18::text, $20::bytea FROM alarmed
	RETURNING id
), salted AS (
	INSERT INTO log_salt (entry_id, salt, record_kind, record_id)
	SELECT logged.id, $21::bytea, 'alarm', alarmed.id FROM logged CROSS JOIN alarmed
)
SELECT attempt.id, EXISTS (SELECT FROM alarmed) FROM attempt
