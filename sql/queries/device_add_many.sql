-- product_id, serials, time. Those that are there stay as they are, but that they count as announced
-- from now on; returns the newly announced ones.
INSERT INTO device (product_id, serial, state, created_at)
SELECT DISTINCT $1::bigint, serial, 'made', $3::timestamptz FROM unnest($2::text[]) AS serial
ON CONFLICT (product_id, serial) DO UPDATE SET announced = true WHERE NOT device.announced
RETURNING serial
