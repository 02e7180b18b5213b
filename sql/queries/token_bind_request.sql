-- The same request again is no other. $1 id, $2 request
UPDATE token SET request_id = $2::bigint
WHERE id = $1::bigint AND one_request AND revoked_at IS NULL AND release_id IS NULL
  AND (request_id IS NULL OR request_id = $2::bigint)
RETURNING id
