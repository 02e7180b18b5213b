-- $1 token, $2 request. No row: it has another one, is revoked, or is no token for one request.
UPDATE token SET request_id = $2
 WHERE id = $1 AND one_request AND revoked_at IS NULL AND (request_id IS NULL OR request_id = $2)
RETURNING id
