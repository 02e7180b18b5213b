-- The open one of this requester with this digest. $1 requester, $2 person, $3 digest
SELECT id, expires_at FROM request
 WHERE state = 'open' AND requester = $1 AND coalesce(person, '') = coalesce($2::text, '')
   AND digest = $3
   FOR UPDATE
