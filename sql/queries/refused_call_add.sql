-- time, principal or NULL, method, path, status, code, rule, message, advice, cause, peer,
-- request id
INSERT INTO refused_call (at, principal, method, path, status, code, rule, message, advice, cause,
    peer, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
RETURNING id
