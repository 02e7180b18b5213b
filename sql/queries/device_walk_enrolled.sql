-- Candidates for a page of devices, those first that enrolled first.
-- $1 behind this id among those of $3, $2 at most, $3 behind those that enrolled then, $4 enrolled before
SELECT id, first_enrolled_at FROM device
WHERE first_enrolled_at IS NOT NULL AND (first_enrolled_at, id) > ($3::timestamptz, $1::bigint)
    AND first_enrolled_at < coalesce($4::timestamptz, 'infinity')
ORDER BY first_enrolled_at, id
LIMIT $2::bigint
