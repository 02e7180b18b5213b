-- The first certificate of a device, judged and stored in one: a device that was never seen, or was
-- announced and has had nothing yet; keys that were never seen; nothing that waits or is revoked.
-- Where that does not hold, nothing is stored and no row returned: then it must be looked at.
-- $1 product, $2 serial, $3 digest of the IDevID's key, $4 of the IDevID, $5 digest of the new key,
-- $6 authority, $7 serial number, $8 profile, $9 label id, $10 subject, $11 not before,
-- $12 not after, $13 DER, $14 now, $15 label, $16 operation, $17 message, $18 product's name,
-- $19 peer address, $20 request id, $21 log entry, $22 its salt, $23 who was not announced may come,
-- $24 issuers of the path must have current lists, $25 path issuers, $26 path serials,
-- $27 subject as text, $28 shard, $29 name of the key's algorithm, $30 log entry of the device's first
-- enrollment, $31 its salt
WITH clear AS (
	SELECT
	WHERE NOT EXISTS (SELECT FROM public_key WHERE digest IN ($3::bytea, $5::bytea))
	    AND NOT EXISTS (SELECT FROM enrollment WHERE label = $15::text AND product = $18::text
		AND serial = $2::text AND key_digest = $5::bytea
		AND state IN ('open', 'approved', 'rejected', 'redeemed'))
	    AND NOT EXISTS (SELECT FROM unnest($25::bytea[], $26::bytea[]) AS pair (issuer, serial)
		JOIN trust_revoked r ON r.issuer = pair.issuer AND r.serial = pair.serial)
	    AND (NOT $24::boolean OR NOT EXISTS (SELECT FROM unnest($25::bytea[]) AS path (issuer)
		WHERE NOT EXISTS (SELECT FROM trust_crl t
		    WHERE t.issuer = path.issuer AND t.next_update > $14::timestamptz)))
), known AS (
	UPDATE device SET issuances = 1, state = 'enrolled', idevid_key = $3::bytea,
	    idevid_certificate = $4::bytea, first_enrolled_at = $14::timestamptz
	WHERE product_id = $1::bigint AND serial = $2::text AND state IN ('made', 'claimed')
	    AND announced AND issuances = 0 AND idevid_key IS NULL AND first_enrolled_at IS NULL
	    AND EXISTS (SELECT FROM clear)
	RETURNING id
), made AS (
	INSERT INTO device (product_id, serial, state, idevid_key, idevid_certificate, created_at,
	    first_enrolled_at, issuances, announced)
	SELECT $1::bigint, $2::text, 'enrolled', $3::bytea, $4::bytea, $14::timestamptz,
	    $14::timestamptz, 1, false
	FROM clear
	WHERE $23::boolean
	    AND NOT EXISTS (SELECT FROM device WHERE product_id = $1::bigint AND serial = $2::text)
	RETURNING id
), target AS (
	SELECT id FROM known UNION ALL SELECT id FROM made
), keys AS (
	INSERT INTO public_key (digest, device_id, kind, first_seen_at)
	SELECT k.digest, target.id, k.kind, $14::timestamptz
	FROM target CROSS JOIN (VALUES ($3::bytea, 'idevid'), ($5::bytea, 'ldevid')) AS k (digest, kind)
), issued AS (
	INSERT INTO certificate (authority_id, serial, device_id, profile_id, label_id, key_digest,
	    subject, not_before, not_after, der, issued_at, product_id, subject_text, shard,
	    key_algorithm)
	SELECT $6::bigint, $7::bytea, id, $8::bigint, $9::bigint, $5::bytea, $10::bytea,
	    $11::timestamptz, $12::timestamptz, $13::bytea, $14::timestamptz, $1::bigint, $27::text,
	    $28::integer, $29::text
	FROM target
	RETURNING id, device_id
), attempt AS (
	INSERT INTO enrollment (at, label, operation, outcome, message, device_id, product, serial,
	    key_digest, idevid_digest, certificate_id, peer_address, request_id, stranger)
	SELECT $14::timestamptz, $15::text, $16::text, 'issued', $17::text, device_id, $18::text,
	    $2::text, $5::bytea, $4::bytea, id, $19::text, $20::text, false
	FROM issued
	RETURNING id
), logged AS (
	INSERT INTO log_entry (at, kind, entry)
	SELECT $14::timestamptz, line.kind, line.entry FROM issued CROSS JOIN (VALUES
	    ('certificate.issued', $21::bytea), ('device.enrolled', $30::bytea)) AS line (kind, entry)
	WHERE line.entry IS NOT NULL
	RETURNING id, kind
), salted AS (
	INSERT INTO log_salt (entry_id, salt, record_kind, record_id)
	SELECT logged.id, $22::bytea, 'certificate', issued.id FROM logged CROSS JOIN issued
	WHERE logged.kind = 'certificate.issued'
	UNION ALL
	SELECT logged.id, $31::bytea, 'enrollment', attempt.id FROM logged CROSS JOIN attempt
	WHERE logged.kind = 'device.enrolled'
)
SELECT attempt.id FROM attempt
