-- Of those whose caller is known ($1), and of the others: keep the newest $2, none made before $3.
SELECT refused_call_purge($1::boolean, $2::bigint, $3::timestamptz)
