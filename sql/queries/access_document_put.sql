-- name, spec, version, time, kind
INSERT INTO access_document (name, spec, version, updated_at, kind) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (kind, name) DO UPDATE
   SET spec = excluded.spec, version = excluded.version, updated_at = excluded.updated_at,
       removed = false
RETURNING id
