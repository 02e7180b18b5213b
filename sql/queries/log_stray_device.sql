-- Devices in another state than the log left them in: by the newest logged change of each, or by a
-- certificate that was issued later. The change is read as text: what somebody broke must not break this.
-- $1 after, $2 window, $3 origin (of no matter here). The row without a fault says how far it looked.
WITH page AS (
	SELECT t.id, t.serial, t.state, p.name || '/' || t.serial AS name
	FROM device t JOIN product p ON p.id = t.product_id
	WHERE t.id > $1::bigint ORDER BY t.id LIMIT $2::bigint
), told AS (
	SELECT p.id, p.name, p.state,
	    greatest((SELECT max(c.issued_at) FROM certificate c WHERE c.device_id = p.id),
		(SELECT max(c.issued_at) FROM certificate_archive c WHERE c.device_id = p.id)) AS issued_at,
	    change.at, substring(encode(change.record, 'escape') FROM 'state[\\]+":[\\]+"([a-z]+)') AS logged
	FROM page p LEFT JOIN LATERAL (
		SELECT c.at, c.record FROM policy_change c WHERE c.kind = 'device' AND c.name = p.name
		ORDER BY c.id DESC LIMIT 1
	) change ON true
)
SELECT t.id, t.name, 'it is ' || t.state || ', and the log does not say so'
FROM told t
WHERE $3::bigint IS NOT NULL
    AND NOT (t.logged IS NOT NULL AND t.state = t.logged AND (t.issued_at IS NULL OR t.issued_at <= t.at))
    AND NOT (t.issued_at IS NOT NULL AND t.state = 'enrolled' AND (t.at IS NULL OR t.issued_at >= t.at))
    AND NOT (t.at IS NULL AND t.issued_at IS NULL AND t.state = 'made')
UNION ALL
SELECT max(id), NULL, NULL FROM page
