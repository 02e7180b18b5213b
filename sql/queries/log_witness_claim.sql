-- $1 origin, $2 witness, $3 size that it shall sign, $4 seconds
INSERT INTO log_witness AS w (origin_id, witness, claimed_until)
VALUES ($1::bigint, $2::text, now() + $4::bigint * interval '1 second')
ON CONFLICT (origin_id, witness) DO UPDATE SET claimed_until = excluded.claimed_until
    WHERE w.claimed_until < now() AND w.size < $3::bigint
RETURNING size, failures::bigint
