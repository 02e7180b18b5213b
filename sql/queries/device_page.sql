-- Of candidates, in their order, those that all filters let pass. A filter that is NULL lets all pass.
-- $1 candidates, $2 at most, $3 products, $4 state, $5 serial number, $6 batch, $7 digest of a key,
-- $8 made not before, $9 made before, $10 enrolled not before, $11 enrolled before
SELECT d.id, p.name, d.serial, d.state, d.announced, d.created_at, d.first_enrolled_at, d.issuances,
    d.idevid_key, d.idevid_certificate, d.revision + d.issuances, d.batch
FROM unnest($1::bigint[]) WITH ORDINALITY AS w (id, place)
CROSS JOIN LATERAL (SELECT * FROM device d WHERE d.id = w.id OFFSET 0) d -- by no other index
JOIN product p ON p.id = d.product_id
WHERE ($3::bigint[] IS NULL OR d.product_id = ANY ($3::bigint[]))
    AND ($4::text IS NULL OR d.state = $4::text)
    AND ($5::text IS NULL OR d.serial = $5::text)
    AND ($6::text IS NULL OR d.batch = $6::text)
    AND ($7::bytea IS NULL OR d.id = (SELECT k.device_id FROM public_key k WHERE k.digest = $7::bytea))
    AND ($8::timestamptz IS NULL OR d.created_at >= $8::timestamptz)
    AND ($9::timestamptz IS NULL OR d.created_at < $9::timestamptz)
    AND ($10::timestamptz IS NULL OR d.first_enrolled_at >= $10::timestamptz)
    AND ($11::timestamptz IS NULL OR d.first_enrolled_at < $11::timestamptz)
ORDER BY w.place
LIMIT $2::bigint
