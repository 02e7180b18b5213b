-- $1 name, $2 vkey, $3 the log before, $4 its last checkpoint
INSERT INTO log_origin (name, vkey, predecessor_id, predecessor, settled)
SELECT $1::text, $2::text, o.id, $4::text, o.settled FROM log_origin o WHERE o.id = $3::bigint
RETURNING id
