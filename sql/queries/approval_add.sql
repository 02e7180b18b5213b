-- $1 request, $2 principal, $3 verdict, $4 now, $5 digest, $6 comment
INSERT INTO approval (request_id, principal, verdict, at, digest, comment)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id
