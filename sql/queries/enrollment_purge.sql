-- Strangers' rows: keep the newest $1, none made before $2.
SELECT enrollment_purge_strangers($1::bigint, $2::timestamptz)
