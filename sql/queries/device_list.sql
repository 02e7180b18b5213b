-- Newest first. $1 before this id, $2 how many
SELECT d.id, p.name, d.serial, d.state, d.announced, d.created_at, d.first_enrolled_at, d.issuances,
    d.idevid_key, d.idevid_certificate, d.revision + d.issuances
FROM (SELECT * FROM device WHERE id < $1::bigint ORDER BY id DESC LIMIT $2::bigint) d
JOIN product p ON p.id = d.product_id
ORDER BY d.id DESC
