-- $1 id, $2 up to this certificate all is done, $3 looked at, $4 revoked
UPDATE mass_act SET cursor = $2::bigint, done = done + $3::bigint, revoked = revoked + $4::bigint
WHERE id = $1::bigint AND state = 'running'
RETURNING done, revoked
