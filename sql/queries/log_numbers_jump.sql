-- Every number that this store gives out goes on far behind what may have been given out. $1 by how much
SELECT count(setval(format('%I.%I', schemaname, sequencename)::regclass,
    coalesce(last_value, start_value) + $1::bigint))
FROM pg_sequences WHERE schemaname = 'public'
