-- As device_walk.sql, of one batch. $4 batch
SELECT id, first_enrolled_at FROM device
WHERE batch = $4::text AND -id > -$1::bigint AND -id <= -$3::bigint
ORDER BY -id
LIMIT $2::bigint
