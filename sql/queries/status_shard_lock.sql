-- Nobody else writes an event of these certificates' shards until the transaction ends. In one order,
-- so that nobody waits for somebody who waits for them. $1 certificates
SELECT s.authority_id, s.shard
FROM crl_shard s
WHERE (s.authority_id, s.shard) IN (
	SELECT c.authority_id, c.shard FROM certificate c WHERE c.id = ANY ($1::bigint[])
)
ORDER BY s.authority_id, s.shard
FOR UPDATE OF s
