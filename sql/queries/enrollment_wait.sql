-- An enrollment that waits for somebody to approve it. Nothing is stored, and no row returned, when
-- $16 of this device or $17 of this product wait at the label already.
-- $1 now, $2 label, $3 operation, $4 reason code, $5 rule, $6 message, $7 advice, $8 device or NULL,
-- $9 product's name, $10 serial, $11 digest of the new key, $12 of the IDevID, $13 peer address,
-- $14 request id, $15 expires
INSERT INTO enrollment (at, label, operation, outcome, reason_code, rule, message, advice, device_id,
    product, serial, key_digest, idevid_digest, peer_address, request_id, stranger, state, expires_at)
SELECT $1::timestamptz, $2::text, $3::text, 'pending', $4::text, $5::text, $6::text, $7::text,
    $8::bigint, $9::text, $10::text, $11::bytea, $12::bytea, $13::text, $14::text, false, 'open',
    $15::timestamptz
WHERE NOT EXISTS (SELECT FROM enrollment WHERE state = 'open' AND label = $2::text
	AND product = $9::text AND serial = $10::text AND expires_at > $1::timestamptz
	OFFSET $16::bigint - 1)
    AND NOT EXISTS (SELECT FROM enrollment WHERE state = 'open' AND label = $2::text
	AND product = $9::text AND expires_at > $1::timestamptz
	OFFSET $17::bigint - 1)
RETURNING id
