-- Nobody else changes policy, or acts under it. $1, $2 key
SELECT 1 FROM (SELECT pg_advisory_xact_lock($1::integer, $2::integer)) AS locked
