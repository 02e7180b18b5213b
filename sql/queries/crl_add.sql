-- $1 authority, $2 shard, $3 number, $4 sequence, $5 scope, $6 this update, $7 next update,
-- $8 made at, $9 milliseconds, $10 to $12 entries, bytes and digest of the full list,
-- $13 base, $14 to $16 entries, bytes and digest of the delta list
INSERT INTO crl (authority_id, shard, number, sequence, scope, this_update, next_update, made_at,
    build_ms, full_entries, full_bytes, full_digest, base_number, delta_entries, delta_bytes,
    delta_digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
RETURNING id
