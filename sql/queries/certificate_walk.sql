-- Candidates for a page of certificates, newest first. $1 before this id, $2 at most, $3 from this id on
SELECT c.id, c.not_after, c.device_id FROM certificate c
WHERE c.id < $1::bigint AND c.id >= $3::bigint
ORDER BY c.id DESC
LIMIT $2::bigint
