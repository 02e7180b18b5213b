SELECT id, at, principal, method, path, status, code, rule, message, advice, cause, peer, request_id
FROM refused_call WHERE id = $1::bigint
