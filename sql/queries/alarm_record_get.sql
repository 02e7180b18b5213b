-- $1 id
SELECT at, kind, detail FROM alarm WHERE id = $1::bigint
