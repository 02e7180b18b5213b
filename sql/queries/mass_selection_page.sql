-- The first of what a selection finds, in the order of their ids. $1 to $13 as mass_selection has them,
-- $14 how many
SELECT c.id
FROM mass_selection($1::bigint, $2::bigint, $3::bigint, $4::text, $5::bigint, $6::bytea, $7::text,
    $8::timestamptz, $9::timestamptz, $10::bigint[], $11::timestamptz, $12::bigint, $13::bigint) c
ORDER BY c.id
LIMIT $14::bigint
