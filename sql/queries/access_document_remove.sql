-- name, version, time, kind
UPDATE access_document SET removed = true, version = $2, updated_at = $3
 WHERE kind = $4 AND name = $1 AND NOT removed
RETURNING id
