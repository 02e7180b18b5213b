-- Certificates in the order in which they end, and which of a label were not renewed although their
-- device is in service: no later one of the device took over, and nobody revoked it.
-- $1 label, $2 behind this time, $3 and behind this id then, $4 that end until, $5 how many
SELECT p.id, p.not_after, p.serial, p.device_id, d.serial, q.name,
    p.label_id = $1::bigint AND d.state = 'enrolled'
	AND NOT EXISTS (SELECT FROM revocation r
	    WHERE r.authority_id = p.authority_id AND r.serial = p.serial AND r.resumed_at IS NULL)
	AND NOT EXISTS (SELECT FROM certificate n
	    LEFT JOIN revocation r ON r.authority_id = n.authority_id AND r.serial = n.serial
		AND r.resumed_at IS NULL
	    WHERE n.device_id = p.device_id AND n.id > p.id AND n.not_after > p.not_after
		AND (n.label_id = p.label_id OR n.renews = p.id) AND r.serial IS NULL)
FROM (
	SELECT c.id, c.not_after, c.serial, c.device_id, c.label_id, c.authority_id FROM certificate c
	WHERE (c.not_after, c.id) > ($2::timestamptz, $3::bigint) AND c.not_after <= $4::timestamptz
	ORDER BY c.not_after, c.id
	LIMIT $5::bigint
) p
LEFT JOIN device d ON d.id = p.device_id
LEFT JOIN product q ON q.id = d.product_id
ORDER BY p.not_after, p.id
