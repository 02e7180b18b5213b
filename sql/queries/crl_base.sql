-- The oldest full list that clients may still hold and that a delta can add to without being large.
-- $1 authority, $2 shard, $3 scope, $4 now, $5 sequence from which on, $6 above this number
SELECT number, sequence FROM crl
WHERE authority_id = $1::bigint AND shard = $2::integer AND full_digest IS NOT NULL
    AND scope = $3::bytea AND next_update > $4::timestamptz AND sequence >= $5::bigint
    AND number > $6::bigint
ORDER BY next_update, number LIMIT 1
