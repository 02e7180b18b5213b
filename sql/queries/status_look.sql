-- Certificates as they stand, in the order of their shards; under the locks of status_shard_lock.
-- $1 certificates
SELECT c.id, c.authority_id, c.serial, c.shard, s.sequence,
    r.reason::integer, r.resumed_at IS NULL, r.invalidity_at, r.device_id
FROM certificate c
JOIN crl_shard s ON s.authority_id = c.authority_id AND s.shard = c.shard
LEFT JOIN revocation r ON r.certificate_id = c.id
WHERE c.id = ANY ($1::bigint[])
ORDER BY c.authority_id, c.shard, c.id
