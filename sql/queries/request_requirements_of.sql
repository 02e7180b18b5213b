-- Of one request, as request_requirements. $1 id
SELECT request_id, policy, act, product, channel, role, approvals FROM request_requirement
 WHERE request_id = $1::bigint ORDER BY position
