-- The rows that status_shard_lock locks. $1 certificates
INSERT INTO crl_shard (authority_id, shard)
SELECT DISTINCT c.authority_id, c.shard FROM certificate c
WHERE c.id = ANY ($1::bigint[])
ORDER BY c.authority_id, c.shard
ON CONFLICT DO NOTHING
