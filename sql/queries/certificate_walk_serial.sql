-- As certificate_walk.sql, of the devices with one serial number. $4 serial number of a device
SELECT c.id, c.not_after, c.device_id FROM device s JOIN certificate c ON c.device_id = s.id
WHERE s.serial = $4::text AND c.id < $1::bigint AND c.id >= $3::bigint
ORDER BY c.id DESC
LIMIT $2::bigint
