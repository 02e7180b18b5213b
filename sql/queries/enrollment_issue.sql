-- Store an issued certificate with all that belongs to it, if what was judged still holds; else
-- lost_race(). A key or device that somebody else brought meanwhile violates a unique constraint.
-- $1 device (NULL: new), $2 product, $3 serial, $4 digest of the IDevID's key (NULL: a renewal),
-- $5 of the IDevID, $6 IDevID key known, $7 digest of the new key, $8 new key known,
-- $9 authority, $10 serial number, $11 profile, $12 label id, $13 subject, $14 not before,
-- $15 not after, $16 DER, $17 the certificate that it renews, $18 now, $19 label, $20 operation,
-- $21 message, $22 product's name, $23 peer address, $24 request id, $25 approved enrollment,
-- $26 log entry, $27 its salt, $28 version of the device when it was judged, $29 subject as text,
-- $30 shard, $31 name of the key's algorithm, $32 log entry of the device's first enrollment (NULL: it
-- had one), $33 its salt
WITH known AS (
	-- A new number each time: who waited here for another request sees that it is another's.
	UPDATE device SET issuances = issuances + 1, state = 'enrolled',
	    idevid_key = coalesce(idevid_key, $4::bytea),
	    idevid_certificate = CASE
		WHEN $4::bytea IS NULL OR (state = 'enrolled' AND idevid_key IS NOT NULL)
		THEN idevid_certificate ELSE $5::bytea END,
	    first_enrolled_at = coalesce(first_enrolled_at, $18::timestamptz)
	WHERE id = $1::bigint AND issuances + revision = $28::bigint
	    AND (state = 'enrolled' OR $4::bytea IS NOT NULL AND state IN ('made', 'claimed'))
	    AND ($4::bytea IS NULL OR idevid_key IS NULL OR idevid_key = $4::bytea)
	    AND NOT EXISTS (SELECT FROM certificate c JOIN revocation r
		ON r.authority_id = c.authority_id AND r.serial = c.serial
		WHERE c.id = $17::bigint AND r.resumed_at IS NULL)
	RETURNING id, product_id
), made AS (
	INSERT INTO device (product_id, serial, state, idevid_key, idevid_certificate, created_at,
	    first_enrolled_at, issuances, announced)
	SELECT $2::bigint, $3::text, 'enrolled', $4::bytea, $5::bytea, $18::timestamptz,
	    $18::timestamptz, 1, false
	WHERE $1::bigint IS NULL
	RETURNING id, product_id
), target AS (
	SELECT id, product_id FROM known UNION ALL SELECT id, product_id FROM made
), idevid_made AS (
	INSERT INTO public_key (digest, device_id, kind, first_seen_at)
	SELECT $4::bytea, id, 'idevid', $18::timestamptz FROM target
	WHERE $4::bytea IS NOT NULL AND NOT $6::boolean
	RETURNING digest
), key_made AS (
	INSERT INTO public_key (digest, device_id, kind, first_seen_at)
	SELECT $7::bytea, id, 'ldevid', $18::timestamptz FROM target WHERE NOT $8::boolean
	RETURNING digest
), key AS (
	SELECT digest FROM key_made
	UNION ALL
	SELECT k.digest FROM public_key k JOIN target t ON t.id = k.device_id
	WHERE $8::boolean AND k.digest = $7::bytea AND k.kind = 'ldevid' AND k.compromised_at IS NULL
), approval AS (
	UPDATE enrollment SET state = 'redeemed'
	WHERE id = $25::bigint AND state = 'approved'
	RETURNING id
), issued AS (
	INSERT INTO certificate (authority_id, serial, device_id, profile_id, label_id, key_digest,
	    subject, not_before, not_after, der, renews, issued_at, product_id, subject_text,
	    shard, key_algorithm)
	SELECT $9::bigint, $10::bytea, target.id, $11::bigint, $12::bigint, key.digest, $13::bytea,
	    $14::timestamptz, $15::timestamptz, $16::bytea, $17::bigint, $18::timestamptz, target.product_id,
	    $29::text, $30::integer, $31::text
	FROM target CROSS JOIN key
	WHERE $25::bigint IS NULL OR EXISTS (SELECT FROM approval)
	RETURNING id, device_id
), used AS (
	UPDATE certificate SET first_used_at = $18::timestamptz
	WHERE id = $17::bigint AND first_used_at IS NULL
), attempt AS (
	INSERT INTO enrollment (at, label, operation, outcome, message, device_id, product, serial,
	    key_digest, idevid_digest, certificate_id, peer_address, request_id, stranger)
	SELECT $18::timestamptz, $19::text, $20::text, 'issued', $21::text, device_id, $22::text,
	    $3::text, $7::bytea, $5::bytea, id, $23::text, $24::text, false
	FROM issued
	RETURNING id
), logged AS (
	INSERT INTO log_entry (at, kind, entry)
	SELECT $18::timestamptz, line.kind, line.entry FROM issued CROSS JOIN (VALUES
	    ('certificate.issued', $26::bytea), ('device.enrolled', $32::bytea)) AS line (kind, entry)
	WHERE line.entry IS NOT NULL
	RETURNING id, kind
), salted AS (
	INSERT INTO log_salt (entry_id, salt, record_kind, record_id)
	SELECT logged.id, $27::bytea, 'certificate', issued.id FROM logged CROSS JOIN issued
	WHERE logged.kind = 'certificate.issued'
	UNION ALL
	SELECT logged.id, $33::bytea, 'enrollment', attempt.id FROM logged CROSS JOIN attempt
	WHERE logged.kind = 'device.enrolled'
)
SELECT attempt.id, issued.id FROM attempt CROSS JOIN issued
UNION ALL
SELECT lost_race(), NULL WHERE NOT EXISTS (SELECT FROM issued)
