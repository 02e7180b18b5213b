-- What happened to a device, newest first: registered, moved, reset, certificates issued, revoked, held and
-- resumed. $1 device, $2 before this time, $3 and, at that time, before this key, $4 how many.
-- Within a second the order is that of their log entries, which are one for each. A record is read as text: what somebody
-- broke must not break this.
WITH unit AS (
	SELECT d.id, d.created_at, d.announced, p.name || '/' || d.serial AS name
	FROM device d JOIN product p ON p.id = d.product_id WHERE d.id = $1::bigint
), event AS (
	SELECT created_at AS at, 0::bigint AS key, 'device.made' AS event, 'made' AS state, NULL::text AS who,
	    NULL::bigint AS certificate_id, NULL::integer AS reason
	FROM unit
	UNION ALL
	SELECT c.at,
	    (SELECT coalesce(min(l.entry_id), c.id) FROM log_salt l WHERE l.record_kind = 'policy_change' AND l.record_id = c.id),
	    coalesce(substring(encode(c.record, 'escape') FROM '"act":"([a-z.-]+)"'), 'device.changed'),
	    substring(encode(c.record, 'escape') FROM 'state[\\]+":[\\]+"([a-z]+)'), c.who, NULL, NULL
	FROM unit u JOIN policy_change c ON c.kind = 'device' AND c.name = u.name
	UNION ALL
	SELECT c.issued_at,
	    (SELECT coalesce(min(l.entry_id), c.id) FROM log_salt l WHERE l.record_kind = 'certificate' AND l.record_id = c.id),
	    'certificate.issued', NULL, NULL, c.id, NULL
	FROM unit u JOIN certificate c ON c.device_id = u.id
	UNION ALL
	SELECT s.at,
	    (SELECT coalesce(min(l.entry_id), s.id) FROM log_salt l WHERE l.record_kind = 'status-change' AND l.record_id = s.id),
	    'certificate.' || s.change, NULL, coalesce(s.person, s.who), s.certificate_id, s.reason
	FROM unit u JOIN certificate c ON c.device_id = u.id JOIN status_change s ON s.certificate_id = c.id
)
SELECT at, key, event, state, who, certificate_id, reason::bigint
FROM event
WHERE (at, key) < ($2::timestamptz, $3::bigint)
ORDER BY at DESC, key DESC
LIMIT $4::bigint
