-- Enrollments, newest first, of some products or with some outcomes: the newest of each pair of both,
-- and of these the newest.
-- $1 before this id, $2 how many, $3 products ('': strangers; NULL: all), $4 outcomes, $5 state,
-- $6 label, $7 serial number. $5 to $7 NULL: whatever.
SELECT e.id, e.at, e.label, e.operation, e.outcome, e.reason_code, e.rule, e.message, e.advice,
    e.device_id, e.product, e.serial, e.key_digest, e.idevid_digest, e.certificate_id, c.serial,
    e.peer_address, e.request_id, e.stranger, e.state, e.expires_at, e.decided_by, e.decided_at
FROM (
	SELECT one.*
	FROM (
		SELECT unnest($3::text[]) AS name
		UNION ALL
		SELECT name FROM product WHERE $3::text[] IS NULL
		UNION ALL
		SELECT '' WHERE $3::text[] IS NULL
	) p
	CROSS JOIN unnest($4::text[]) AS o (outcome)
	CROSS JOIN LATERAL (
		SELECT * FROM enrollment e
		WHERE coalesce(e.product, '') = p.name AND e.outcome = o.outcome
		    AND -e.id > -$1::bigint
		    AND ($5::text IS NULL OR e.state = $5::text)
		    AND ($6::text IS NULL OR e.label = $6::text)
		    AND ($7::text IS NULL OR e.serial = $7::text)
		ORDER BY -e.id
		LIMIT $2::bigint
	) one
	ORDER BY one.id DESC
	LIMIT $2::bigint
) e LEFT JOIN certificate c ON c.id = e.certificate_id
ORDER BY e.id DESC
