-- Operators' certificates behind which another stands, or that another token made, than was logged;
-- fragments of records as in log_stray_token. $1 after, $2 window, $3 origin (of no matter here). The row without a fault
-- says how far it looked.
WITH page AS (
	SELECT id, serial, device_id, person, token_id FROM certificate
	WHERE id > $1::bigint ORDER BY id LIMIT $2::bigint
), told AS (
	SELECT p.*, made.record AS made
	FROM page p LEFT JOIN LATERAL (
		SELECT c.record FROM policy_change c
		WHERE c.kind = 'operator-certificate'
		    AND position(convert_to('{\"id\":' || p.id || ',', 'UTF8') IN c.record) > 0
		LIMIT 1
	) made ON true
	WHERE p.device_id IS NULL OR p.person IS NOT NULL OR p.token_id IS NOT NULL
)
SELECT t.id, encode(t.serial, 'hex'), 'who stands behind it is not who was logged'
FROM told t
WHERE $3::bigint IS NOT NULL AND CASE
    WHEN t.person IS NULL THEN t.made IS NOT NULL AND position(convert_to('\"person\":', 'UTF8') IN t.made) > 0
    ELSE t.made IS NULL OR position(convert_to(
	btrim(to_json('"person":' || to_json(t.person)::text)::text, '"'), 'UTF8') IN t.made) = 0 END
UNION ALL
SELECT t.id, encode(t.serial, 'hex'), 'the token that made it is not the one that was logged'
FROM told t
WHERE CASE
    WHEN t.token_id IS NULL THEN t.made IS NOT NULL AND position(convert_to('\"token\":', 'UTF8') IN t.made) > 0
    ELSE t.made IS NULL OR position(convert_to('\"token\":' || t.token_id || '}', 'UTF8') IN t.made) = 0 END
UNION ALL
SELECT max(id), NULL, NULL FROM page
