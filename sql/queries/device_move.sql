-- $1 id, $2 state
UPDATE device SET state = $2::text, revision = revision + 1 WHERE id = $1::bigint
RETURNING revision + issuances
