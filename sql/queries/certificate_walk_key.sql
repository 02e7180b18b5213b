-- As certificate_walk.sql, of one key: by the device whose key it is, or among those of no device. $4 digest
SELECT x.id, x.not_after, x.device_id
FROM (
	SELECT c.id, c.not_after, c.device_id FROM public_key k JOIN certificate c ON c.device_id = k.device_id
	WHERE k.digest = $4::bytea AND c.key_digest = $4::bytea
	UNION ALL
	SELECT c.id, c.not_after, c.device_id FROM certificate c
	WHERE c.key_digest = $4::bytea AND c.device_id IS NULL
) x
WHERE x.id < $1::bigint AND x.id >= $3::bigint
ORDER BY x.id DESC
LIMIT $2::bigint
