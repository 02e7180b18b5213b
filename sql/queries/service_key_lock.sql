-- $1 space, $2 number of the lock; until the transaction ends
SELECT 1 FROM (SELECT pg_advisory_xact_lock($1::integer, $2::integer)) AS locked
