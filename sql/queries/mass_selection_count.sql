-- What a selection finds, by product and authority, and what of it is revoked already.
-- $1 to $13 as mass_selection has them
SELECT c.product_id, p.name, c.authority_id, a.name, count(*), count(r.certificate_id)
FROM mass_selection($1::bigint, $2::bigint, $3::bigint, $4::text, $5::bigint, $6::bytea, $7::text,
    $8::timestamptz, $9::timestamptz, $10::bigint[], $11::timestamptz, $12::bigint, $13::bigint) c
LEFT JOIN product p ON p.id = c.product_id
LEFT JOIN authority a ON a.id = c.authority_id
LEFT JOIN revocation r ON r.certificate_id = c.id AND r.resumed_at IS NULL AND r.reason <> 6
GROUP BY c.product_id, p.name, c.authority_id, a.name
ORDER BY p.name, a.name
