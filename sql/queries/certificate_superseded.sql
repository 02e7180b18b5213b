-- What stands back now that a renewed certificate is used: the one that it renewed, and other renewals
-- of that one that were never used. What has ended or is revoked for good needs nothing.
-- $1 device, $2 the one that is used, $3 the one that it renewed, $4 now, $5 how many
SELECT c.id
FROM certificate c
LEFT JOIN revocation r ON r.authority_id = c.authority_id AND r.serial = c.serial AND r.resumed_at IS NULL
WHERE c.device_id = $1::bigint AND c.id >= $3::bigint AND c.id <> $2::bigint
    AND (c.id = $3::bigint OR c.renews = $3::bigint AND c.first_used_at IS NULL)
    AND c.not_after > $4::timestamptz
    AND (r.reason IS NULL OR r.reason = 6)
ORDER BY c.id
LIMIT $5::bigint
