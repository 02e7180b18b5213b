-- What waited too long, some of it; who is being decided on is left for the next time. $1 now, $2 limit
SELECT id FROM enrollment WHERE state IN ('open', 'approved') AND expires_at <= $1::timestamptz
 ORDER BY expires_at LIMIT $2::bigint FOR UPDATE SKIP LOCKED
