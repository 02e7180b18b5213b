-- $1 authority, $2 serial number
SELECT coalesce(c.device_id, 0), c.der, coalesce(r.reason::bigint, -1), k.compromised_at IS NOT NULL
FROM certificate c
LEFT JOIN revocation r ON r.authority_id = c.authority_id AND r.serial = c.serial AND r.resumed_at IS NULL
LEFT JOIN public_key k ON k.digest = c.key_digest
WHERE c.authority_id = $1::bigint AND c.serial = $2::bytea
