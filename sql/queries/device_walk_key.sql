-- As device_walk.sql, the one whose key it is, or was. $4 digest
SELECT d.id, d.first_enrolled_at FROM public_key k JOIN device d ON d.id = k.device_id
WHERE k.digest = $4::bytea AND d.id < $1::bigint AND d.id >= $3::bigint
LIMIT $2::bigint
