-- $1 now, $2 device (NULL: several), $3 detail
INSERT INTO alarm (at, kind, device_id, detail) VALUES ($1::timestamptz, 'overdue', $2::bigint, $3::text)
RETURNING id
