-- As certificate_walk.sql, with one serial number. $4 serial number
SELECT x.id, x.not_after, x.device_id
FROM (
	SELECT c.id, c.not_after, c.device_id FROM authority i JOIN certificate c ON c.authority_id = i.id
	WHERE c.serial = $4::bytea
	OFFSET 0 -- else the ids are walked
) x
WHERE x.id < $1::bigint AND x.id >= $3::bigint
ORDER BY x.id DESC
LIMIT $2::bigint
