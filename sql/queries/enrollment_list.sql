-- Newest first, a page at a time. $1 before this id (NULL: from the newest), $2 outcome or NULL,
-- $3 state or NULL, $4 serial or NULL, $5 how many
SELECT e.id, e.at, e.label, e.operation, e.outcome, e.reason_code, e.rule, e.message, e.advice,
    e.device_id, e.product, e.serial, e.key_digest, e.idevid_digest, e.certificate_id, c.serial,
    e.peer_address, e.request_id, e.stranger, e.state, e.expires_at, e.decided_by, e.decided_at
FROM enrollment e LEFT JOIN certificate c ON c.id = e.certificate_id
WHERE ($1::bigint IS NULL OR e.id < $1::bigint)
    AND ($2::text IS NULL OR e.outcome = $2::text)
    AND ($3::text IS NULL OR e.state = $3::text)
    AND ($4::text IS NULL OR e.serial = $4::text)
ORDER BY e.id DESC
LIMIT $5::bigint
