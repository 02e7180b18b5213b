-- One, with all that explains it. $1 id
SELECT e.id, e.at, e.label, e.operation, e.outcome, e.reason_code, e.rule, e.message, e.advice,
    e.device_id, e.product, e.serial, e.key_digest, e.idevid_digest, e.certificate_id, c.serial,
    e.peer_address, e.request_id, e.stranger, e.state, e.expires_at, e.decided_by, e.decided_at
FROM enrollment e LEFT JOIN certificate c ON c.id = e.certificate_id
WHERE e.id = $1::bigint
