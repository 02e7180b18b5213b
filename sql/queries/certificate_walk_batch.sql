-- Candidates for a page of the certificates of a batch of devices: newest device first, and of each the newest
-- first. A device without one is a row without an id: it counts as looked at.
-- $1 before this id among those of device $3, $2 at most, $3 from this device on, $4 batch
SELECT one.id, one.not_after, d.id
FROM (
	SELECT id FROM device WHERE batch = $4::text AND -id >= -$3::bigint
	ORDER BY -id
	LIMIT $2::bigint
) d
LEFT JOIN LATERAL (
	SELECT c.id, c.not_after FROM certificate c
	WHERE c.device_id = d.id AND (d.id < $3::bigint OR c.id < $1::bigint)
	ORDER BY c.id DESC
	LIMIT $2::bigint
) one ON true
ORDER BY d.id DESC, one.id DESC
LIMIT $2::bigint
