-- $1 authority, $2 shard, $3 number of the list whose end was told of
UPDATE crl_shard SET alarmed = $3::bigint
WHERE authority_id = $1::bigint AND shard = $2::integer AND alarmed < $3::bigint
RETURNING alarmed
