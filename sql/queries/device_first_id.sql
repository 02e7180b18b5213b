-- The lowest id of those made between both. $1 from, $2 before
SELECT min(id) FROM (
	SELECT id FROM device WHERE created_at >= $1::timestamptz AND created_at < $2::timestamptz
	OFFSET 0 -- else the ids are walked from the first one on
) made
