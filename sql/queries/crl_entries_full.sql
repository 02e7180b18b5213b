-- $1 authority, $2 shard, $3 what ended before then is left out
DECLARE crl_entries NO SCROLL CURSOR FOR
SELECT serial, revoked_at, reason::integer, invalidity_at FROM revocation
WHERE authority_id = $1::bigint AND shard = $2::integer AND resumed_at IS NULL
    AND not_after >= $3::timestamptz
