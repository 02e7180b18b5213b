-- $1 id
SELECT authority_id, shard, number, sequence, scope, this_update, next_update, made_at, build_ms,
    full_entries, full_bytes, full_digest, base_number, delta_entries, delta_bytes, delta_digest
FROM crl WHERE id = $1::bigint
