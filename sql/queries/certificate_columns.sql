-- What the log entry of a certificate commits to, as it is stored now. $1 certificate
SELECT c.der, c.authority_id, d.product_id, d.serial, c.profile_id, c.label_id, c.renews
FROM certificate c LEFT JOIN device d ON d.id = c.device_id
WHERE c.id = $1::bigint
