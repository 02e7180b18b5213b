-- $1 principal or NULL, $2 before this id or NULL, $3 live at this time or NULL, $4 how many
SELECT id, principal, person, created_by, parent_id, created_at, expires_at, revoked_at, revoked_by,
    permissions, one_request, request_id, release_id, provenance::text
FROM token
WHERE ($1::text IS NULL OR principal = $1::text)
  AND ($2::bigint IS NULL OR id < $2::bigint)
  AND ($3::timestamptz IS NULL OR (revoked_at IS NULL AND expires_at > $3::timestamptz))
ORDER BY id DESC
LIMIT $4::bigint
