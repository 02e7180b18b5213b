-- The same release again is no other. $1 id, $2 release
UPDATE token SET release_id = $2::bigint
WHERE id = $1::bigint AND one_request AND revoked_at IS NULL AND request_id IS NULL
  AND (release_id IS NULL OR release_id = $2::bigint)
RETURNING id
