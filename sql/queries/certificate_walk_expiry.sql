-- Candidates for a page of certificates, those first that end first.
-- $1 behind this id among those that end at $3, $2 at most, $3 behind those that end then, $4 end before
SELECT c.id, c.not_after, c.device_id FROM certificate c
WHERE (c.not_after, c.id) > ($3::timestamptz, $1::bigint)
    AND c.not_after < coalesce($4::timestamptz, 'infinity')
ORDER BY c.not_after, c.id
LIMIT $2::bigint
