-- $1 id
SELECT id, principal, person, created_by, parent_id, created_at, expires_at, revoked_at, revoked_by,
    permissions, one_request, request_id, release_id, provenance::text
FROM token
WHERE id = $1::bigint
