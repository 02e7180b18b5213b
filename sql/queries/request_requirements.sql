-- Of several requests. $1 ids
SELECT request_id, policy, act, product, channel, role, approvals FROM request_requirement
 WHERE request_id = ANY ($1::bigint[]) ORDER BY request_id, position
