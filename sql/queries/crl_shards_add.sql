-- $1 authority, $2 how many it shall have
INSERT INTO crl_shard (authority_id, shard)
SELECT $1::bigint, n FROM generate_series(0, $2::integer - 1) AS n
ON CONFLICT DO NOTHING
