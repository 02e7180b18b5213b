-- $1 origin, $2 index of the first, $3 entries in their order
INSERT INTO log_leaf (origin_id, index, entry_id)
SELECT $1::bigint, $2::bigint + n - 1, id FROM unnest($3::bigint[]) WITH ORDINALITY AS t (id, n)
