-- product_id, serials, time. Those that are there stay as they are; returns the new ones.
INSERT INTO device (product_id, serial, state, created_at)
SELECT $1, serial, 'made', $3 FROM unnest($2::text[]) AS serial
ON CONFLICT (product_id, serial) DO NOTHING
RETURNING serial
