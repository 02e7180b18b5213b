-- How far the events of each shard have come.
SELECT authority_id, shard, sequence FROM crl_shard ORDER BY authority_id, shard
