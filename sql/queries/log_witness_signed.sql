-- $1 origin, $2 witness, $3 size, $4 line, $5 pause in milliseconds
WITH kept AS (
	INSERT INTO log_cosignature (origin_id, size, witness, line)
	VALUES ($1::bigint, $3::bigint, $2::text, $4::text)
	ON CONFLICT (origin_id, size, witness) DO NOTHING
)
UPDATE log_witness SET size = greatest(size, $3::bigint), failures = 0, trouble = NULL,
    claimed_until = now() + $5::bigint * interval '1 millisecond'
WHERE origin_id = $1::bigint AND witness = $2::text
