-- Nobody changes policy; others may hold it, too. $1, $2 key
SELECT 1 FROM (SELECT pg_advisory_xact_lock_shared($1::integer, $2::integer)) AS held
