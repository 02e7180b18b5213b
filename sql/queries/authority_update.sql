-- name, spec, version, time
UPDATE authority SET spec = $2, version = $3, updated_at = $4 WHERE name = $1
RETURNING id
