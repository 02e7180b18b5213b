-- Every shard with the lists that are served for it.
SELECT s.authority_id, s.shard, s.sequence, s.number, s.floor, s.alarmed,
    f.id, f.number, f.sequence, f.scope, f.this_update, f.next_update, f.made_at, f.build_ms,
    f.full_entries, f.full_bytes, f.full_digest,
    d.id, d.number, d.sequence, d.this_update, d.next_update, d.base_number, d.delta_entries,
    d.delta_bytes, d.delta_digest
FROM crl_shard s
LEFT JOIN crl f ON f.id = s.full_id
LEFT JOIN crl d ON d.id = s.delta_id
ORDER BY s.authority_id, s.shard
