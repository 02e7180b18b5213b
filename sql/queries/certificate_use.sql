-- It is used for the first time. $1 id, $2 now
UPDATE certificate SET first_used_at = $2::timestamptz
WHERE id = $1::bigint AND first_used_at IS NULL
RETURNING id
