-- The lowest id of those issued between both. $1 from, $2 before
SELECT min(id) FROM (
	SELECT id FROM certificate WHERE issued_at >= $1::timestamptz AND issued_at < $2::timestamptz
	OFFSET 0 -- else the ids are walked from the first one on
) issued
