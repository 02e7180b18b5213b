-- All of what a selection finds: of how many devices, and a digest that no other set of certificates has;
-- and, where it names an algorithm, how many would fit it but for theirs, which nobody wrote down.
-- $1 to $13 as mass_selection has them
SELECT count(*), count(DISTINCT c.device_id),
    sha256(coalesce(string_agg(int8send(c.id), ''::bytea ORDER BY c.id), ''::bytea)),
    (SELECT count(*)
	FROM mass_selection($1::bigint, $2::bigint, $3::bigint, $4::text, $5::bigint, $6::bytea, NULL,
	    $8::timestamptz, $9::timestamptz, $10::bigint[], $11::timestamptz, $12::bigint, $13::bigint) u
	WHERE $7::text IS NOT NULL AND u.key_algorithm IS NULL)
FROM mass_selection($1::bigint, $2::bigint, $3::bigint, $4::text, $5::bigint, $6::bytea, $7::text,
    $8::timestamptz, $9::timestamptz, $10::bigint[], $11::timestamptz, $12::bigint, $13::bigint) c
