-- Newest first. $1 before this id (NULL: from the newest), $2 principal or NULL, $3 code or NULL,
-- $4 how many
SELECT id, at, principal, method, path, status, code, rule, message, advice, cause, peer, request_id
FROM refused_call
WHERE ($1::bigint IS NULL OR id < $1::bigint)
    AND ($2::text IS NULL OR principal = $2::text)
    AND ($3::text IS NULL OR code = $3::text)
ORDER BY id DESC
LIMIT $4::bigint
