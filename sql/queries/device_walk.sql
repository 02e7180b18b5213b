-- Candidates for a page of devices, newest first. $1 before this id, $2 at most, $3 from this id on
SELECT id, first_enrolled_at FROM device
WHERE id < $1::bigint AND id >= $3::bigint
ORDER BY id DESC
LIMIT $2::bigint
