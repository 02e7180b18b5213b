-- $1 space, $2 which
SELECT pg_try_advisory_xact_lock($1::integer, $2::integer)
