-- A device's certificates in the order of their ids: those that have not expired, or those that its
-- suspension holds, expired or not.
-- $1 device, $2 now, $3 behind this id, $4 how many, $5 those that its suspension holds
SELECT c.id FROM certificate c
WHERE c.device_id = $1::bigint AND c.id > $3::bigint
    AND CASE WHEN $5::boolean THEN EXISTS (SELECT FROM revocation r WHERE r.certificate_id = c.id
	AND r.reason = 6 AND r.resumed_at IS NULL AND r.device_id = $1::bigint)
    ELSE c.not_after > $2::timestamptz END
ORDER BY c.id
LIMIT $4::bigint
