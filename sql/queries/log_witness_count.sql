-- $1 origin, $2 size, $3 witnesses
SELECT count(*) FROM log_cosignature
WHERE origin_id = $1::bigint AND size = $2::bigint AND witness = ANY ($3::text[])
