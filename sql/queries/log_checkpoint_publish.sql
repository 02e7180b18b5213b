-- $1 origin, $2 size
UPDATE log_origin SET published = $2::bigint
WHERE id = $1::bigint AND (published IS NULL OR published < $2::bigint)
