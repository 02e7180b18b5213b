-- Of one request, as request_approvals. $1 id
SELECT request_id, id, principal, verdict, at, digest, comment FROM approval
 WHERE request_id = $1::bigint ORDER BY id
