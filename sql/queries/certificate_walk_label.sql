-- As certificate_walk.sql, of one label. $4 label
SELECT c.id, c.not_after, c.device_id FROM certificate c
WHERE c.label_id = $4::bigint AND -c.id > -$1::bigint AND -c.id <= -$3::bigint
ORDER BY -c.id
LIMIT $2::bigint
