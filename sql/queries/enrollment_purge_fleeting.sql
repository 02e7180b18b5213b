-- Attempts of known makers' devices that changed nothing: keep the newest $1, none made before $2.
SELECT enrollment_purge_fleeting($1::bigint, $2::timestamptz)
