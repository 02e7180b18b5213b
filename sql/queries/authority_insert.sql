-- name, spec, version, time, certificate, subject, ski, parent_id, chain
INSERT INTO authority (name, spec, version, updated_at, created_at, certificate, subject, ski,
    parent_id, chain)
VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9)
RETURNING id
