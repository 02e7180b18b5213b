-- $1 authority, $2 shard, $3 sequence that was seen, $4 most
SELECT serial FROM revocation
WHERE authority_id = $1::bigint AND shard = $2::integer AND sequence > $3::bigint
ORDER BY sequence
LIMIT $4::bigint
