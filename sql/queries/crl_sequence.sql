-- $1 authority, $2 shard
SELECT sequence FROM crl_shard WHERE authority_id = $1::bigint AND shard = $2::integer
