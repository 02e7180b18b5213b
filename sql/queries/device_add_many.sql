-- product_id, serials, time, batch. Those that are there stay as they are, but that they count as announced
-- from now on, of this batch where they have none; returns the newly announced ones.
INSERT INTO device (product_id, serial, state, created_at, batch)
SELECT DISTINCT $1::bigint, serial, 'made', $3::timestamptz, $4::text FROM unnest($2::text[]) AS serial
ON CONFLICT (product_id, serial) DO UPDATE SET announced = true, batch = coalesce(device.batch, excluded.batch)
    WHERE NOT device.announced
RETURNING serial
