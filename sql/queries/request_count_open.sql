-- $1 requester
SELECT count(*) FROM request WHERE state = 'open' AND requester = $1
