-- $1 requester; NULL: of all
SELECT count(*) FROM request WHERE state = 'open' AND ($1::text IS NULL OR requester = $1)
