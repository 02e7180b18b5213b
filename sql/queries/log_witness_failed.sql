-- $1 origin, $2 witness, $3 size that it is known to have, $4 why, $5 pause in milliseconds
UPDATE log_witness SET size = $3::bigint, failures = failures + 1, trouble = $4::text,
    claimed_until = now() + $5::bigint * interval '1 millisecond'
WHERE origin_id = $1::bigint AND witness = $2::text
