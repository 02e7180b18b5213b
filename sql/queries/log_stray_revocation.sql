-- Certificates of which another thing is in force than their newest event says, by certificate.
-- $1 after, $2 window, $3 origin (of no matter here). The row without a fault says how far it looked.
WITH page AS (
	(SELECT certificate_id AS id FROM revocation WHERE certificate_id > $1::bigint
	    ORDER BY certificate_id LIMIT $2::bigint)
	UNION
	(SELECT DISTINCT certificate_id FROM status_change WHERE certificate_id > $1::bigint
	    ORDER BY certificate_id LIMIT $2::bigint)
	ORDER BY id LIMIT $2::bigint
), told AS (
	SELECT p.id, r.authority_id, r.serial, r.shard, r.reason, r.revoked_at, r.invalidity_at, r.not_after,
	    r.sequence, r.resumed_at, r.device_id, e.serial AS told_serial, e.id AS event,
	    e.authority_id = r.authority_id AND e.serial = r.serial AND e.sequence = r.sequence
		AND e.invalidity_at IS NOT DISTINCT FROM r.invalidity_at
		AND e.device_id IS NOT DISTINCT FROM r.device_id
		AND CASE e.change WHEN 'resumed' THEN r.reason = 6 AND r.resumed_at = e.at
		    ELSE r.reason = e.reason AND r.resumed_at IS NULL END
		-- since the first event after it was good for the last time
		AND r.revoked_at = (SELECT f.at FROM status_change f WHERE f.certificate_id = p.id
		    AND f.id > coalesce((SELECT max(g.id) FROM status_change g
			WHERE g.certificate_id = p.id AND g.change = 'resumed' AND g.id < e.id), 0)
		    ORDER BY f.id LIMIT 1) AS follows
	FROM page p
	LEFT JOIN revocation r ON r.certificate_id = p.id
	LEFT JOIN LATERAL (
		SELECT * FROM status_change c WHERE c.certificate_id = p.id ORDER BY c.id DESC LIMIT 1
	) e ON true
)
SELECT t.id, encode(coalesce(t.serial, t.told_serial), 'hex'), CASE
	WHEN t.serial IS NULL THEN 'its revocation is told of, and its row is gone'
	WHEN t.event IS NULL THEN 'revoked, and no event tells of it'
	WHEN t.follows IS NOT TRUE THEN 'its revocation differs from its newest event'
	ELSE 'its revocation differs from the certificate' END
FROM told t
LEFT JOIN certificate c ON c.id = t.id
WHERE $3::bigint IS NOT NULL
    AND (t.follows IS NOT TRUE OR c.shard <> t.shard OR c.not_after <> t.not_after)
UNION ALL
SELECT max(id), NULL, NULL FROM page
