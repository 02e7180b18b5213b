-- What waited too long. $1 now
WITH gone AS (
	UPDATE enrollment SET state = 'expired'
	WHERE state IN ('open', 'approved') AND expires_at <= $1::timestamptz
	RETURNING id
)
SELECT count(*) FROM gone
