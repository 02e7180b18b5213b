-- $1 name, $2 vkey
SELECT log_origin_start($1::text, $2::text)
