-- As certificate_walk.sql, with one subject. $4 subject
SELECT c.id, c.not_after, c.device_id FROM certificate c
WHERE c.subject_text = $4::text AND c.id < $1::bigint AND c.id >= $3::bigint
ORDER BY c.id DESC
LIMIT $2::bigint
