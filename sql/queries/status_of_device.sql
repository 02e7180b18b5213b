-- A device's certificates that have not expired, in the order of their ids.
-- $1 device, $2 now, $3 behind this id, $4 how many, $5 those alone that its suspension holds
SELECT c.id FROM certificate c
WHERE c.device_id = $1::bigint AND c.not_after > $2::timestamptz AND c.id > $3::bigint
    AND (NOT $5::boolean OR EXISTS (SELECT FROM revocation r
	WHERE r.certificate_id = c.id AND r.reason = 6 AND r.resumed_at IS NULL AND r.device_id = $1::bigint))
ORDER BY c.id
LIMIT $4::bigint
