-- A certificate of a device that somebody presents: what decides whether it still speaks for it.
-- $1 authorities that bear the issuer's name and key, $2 serial number
SELECT c.id, c.der, c.device_id, c.label_id, coalesce(c.renews, 0), c.first_used_at IS NOT NULL,
    d.state, coalesce(r.reason::bigint, -1), k.compromised_at IS NOT NULL, coalesce(p.name || ' ', '') || d.serial
FROM certificate c
JOIN device d ON d.id = c.device_id
LEFT JOIN product p ON p.id = d.product_id
LEFT JOIN revocation r ON r.authority_id = c.authority_id AND r.serial = c.serial AND r.resumed_at IS NULL
LEFT JOIN public_key k ON k.digest = c.key_digest
WHERE c.authority_id = ANY ($1::bigint[]) AND c.serial = $2::bytea
