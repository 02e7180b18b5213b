-- As device_walk.sql, with one serial number. $4 serial number
SELECT id, first_enrolled_at FROM device
WHERE serial = $4::text AND id < $1::bigint AND id >= $3::bigint
ORDER BY id DESC
LIMIT $2::bigint
