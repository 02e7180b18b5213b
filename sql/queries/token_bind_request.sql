-- $1 id, $2 request
UPDATE token SET request_id = $2::bigint
WHERE id = $1::bigint AND one_request AND request_id IS NULL
RETURNING id
