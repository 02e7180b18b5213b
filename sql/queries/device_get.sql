-- $1 id
SELECT d.id, p.name, d.serial, d.state, d.announced, d.created_at, d.first_enrolled_at, d.issuances,
    d.idevid_key, d.idevid_certificate, d.revision + d.issuances, d.batch
FROM device d JOIN product p ON p.id = d.product_id
WHERE d.id = $1::bigint
