-- name, spec, version, time
INSERT INTO label (name, spec, version, updated_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE
   SET spec = excluded.spec, version = excluded.version, updated_at = excluded.updated_at
RETURNING id
