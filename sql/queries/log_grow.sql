-- $1 origin, $2 old size, $3 size, $4 root, $5 settled, $6 copied
UPDATE log_origin SET size = $3::bigint, root = $4::bytea, settled = $5::bigint, copied = $6::bigint
WHERE id = $1::bigint AND size = $2::bigint
    AND id = (SELECT max(id) FROM log_origin)
RETURNING pg_current_xact_id()::text::bigint
