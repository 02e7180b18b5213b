-- Newest first, with one serial number. $1 before this id, $2 how many, $3 products (NULL: all),
-- $4 states, $5 serial number
SELECT d.id, p.name, d.serial, d.state, d.announced, d.created_at, d.first_enrolled_at, d.issuances,
    d.idevid_key, d.idevid_certificate, d.revision + d.issuances
FROM device d JOIN product p ON p.id = d.product_id
WHERE d.serial = $5::text AND d.id < $1::bigint AND d.state = ANY ($4::text[])
    AND ($3::bigint[] IS NULL OR d.product_id = ANY ($3::bigint[]))
ORDER BY d.id DESC
LIMIT $2::bigint
