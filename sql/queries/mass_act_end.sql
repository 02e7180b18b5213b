-- $1 id, $2 state, $3 now, $4 by whom, $5 why it failed
UPDATE mass_act SET state = $2::text, ended_at = $3::timestamptz, ended_by = $4::text, failure = $5::text
WHERE id = $1::bigint AND state = 'running'
RETURNING id
