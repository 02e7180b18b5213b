-- $1 id, $2 state, $3 now, $4 by whom. No row: it is not open.
UPDATE request SET state = $2, closed_at = $3, closed_by = $4 WHERE id = $1 AND state = 'open'
RETURNING id
