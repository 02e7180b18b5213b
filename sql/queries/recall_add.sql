-- One line: another list that follows the same one is a lost race.
-- $1 product, $2 channel, $3 number, $4 previous, $5 step, $6 list, $7 its digest, $8 at
WITH added AS (
	INSERT INTO recall_list (product_id, channel, number, previous, step_id, bytes, sha256, created_at)
	VALUES ($1::bigint, $2::text, $3::bigint, $4::bigint, $5::bigint, $6::bytea, $7::bytea,
	    $8::timestamptz)
	ON CONFLICT (product_id, channel, previous) DO NOTHING
	RETURNING id
)
SELECT id FROM added
UNION ALL
SELECT lost_race() WHERE NOT EXISTS (SELECT FROM added)
