-- Open ones whose time has passed, some of them; who is being decided on is left for the next time.
-- $1 now, $2 limit
SELECT id FROM request WHERE state = 'open' AND expires_at <= $1
 ORDER BY expires_at LIMIT $2::bigint FOR UPDATE SKIP LOCKED
