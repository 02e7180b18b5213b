-- A row for each recalled release, ascending, or one without a sequence; each with the list in force, the
-- number of the next one, and the newest release to go to.
-- $1 product, $2 channel, $3 a release that is none to go to, $4 which must be newer than this sequence,
-- $5 is a number taken
SELECT c.previous, c.number, n.sequence, n.version, r.sequence
FROM (
	SELECT coalesce((SELECT max(number) FROM recall_list
	    WHERE product_id = $1::bigint AND channel = $2::text), 0) AS previous,
	    CASE WHEN $5::boolean THEN recall_number($1::bigint) ELSE 0 END AS number
) c
LEFT JOIN LATERAL (
	SELECT sequence, version FROM release
	WHERE product_id = $1::bigint AND channel = $2::text AND state = 'published'
	    AND id <> $3::bigint AND sequence > $4::bigint
	ORDER BY sequence DESC LIMIT 1
) n ON true
LEFT JOIN release r ON r.product_id = $1::bigint AND r.channel = $2::text AND r.state = 'recalled'
ORDER BY r.sequence
