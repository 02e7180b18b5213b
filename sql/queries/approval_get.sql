-- $1 id
SELECT request_id, id, principal, verdict, at, digest, comment FROM approval WHERE id = $1
