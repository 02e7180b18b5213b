-- The lowest id of those issued between both. $1 from, $2 before
SELECT min(id) FROM certificate WHERE issued_at >= $1::timestamptz AND issued_at < $2::timestamptz
