-- time, kind, detail
INSERT INTO alarm (at, kind, detail) VALUES ($1, $2, $3)
RETURNING id
