-- $1 to $11 as mass_selection has them, $12 newest, $13 now, $14 who, $15 person, $16 request, $17 selector,
-- $18 digest, $19 total, $20 products, $21 reason, $22 since when not valid
INSERT INTO mass_act (certificate_id, device_id, product_id, batch, authority_id, key_digest, key_algorithm,
    issued_after, issued_before, within, valid_at, newest, created_at, who, person, request_id, selector,
    digest, total, products, reason, invalidity_at)
VALUES ($1::bigint, $2::bigint, $3::bigint, $4::text, $5::bigint, $6::bytea, $7::text, $8::timestamptz,
    $9::timestamptz, $10::bigint[], $11::timestamptz, $12::bigint, $13::timestamptz, $14::text, $15::text,
    $16::bigint, $17::text, $18::bytea, $19::bigint, $20::bigint[], $21::integer, $22::timestamptz)
RETURNING id
