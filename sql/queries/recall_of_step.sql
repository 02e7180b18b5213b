-- $1 step
SELECT id, number, bytes, sha256, created_at FROM recall_list WHERE step_id = $1::bigint
