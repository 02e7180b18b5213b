-- As certificate_walk.sql, of one device. $4 device
SELECT c.id, c.not_after, c.device_id FROM certificate c
WHERE c.device_id = $4::bigint AND c.id < $1::bigint AND c.id >= $3::bigint
ORDER BY c.id DESC
LIMIT $2::bigint
