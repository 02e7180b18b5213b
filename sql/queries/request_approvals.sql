-- Of several requests. $1 ids
SELECT request_id, id, principal, verdict, at, digest, comment FROM approval
 WHERE request_id = ANY ($1::bigint[]) ORDER BY request_id, id
