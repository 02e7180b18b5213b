-- name, spec, version, time, manufacturer, model
INSERT INTO product (name, spec, version, updated_at, manufacturer, model)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (name) DO UPDATE
   SET spec = excluded.spec, version = excluded.version, updated_at = excluded.updated_at,
       manufacturer = excluded.manufacturer, model = excluded.model
RETURNING id
