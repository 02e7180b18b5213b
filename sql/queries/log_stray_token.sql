-- Tokens that are not as their making was logged, or that live although the log has their end. A record
-- holds its document as JSON text within JSON text; fragments are looked for, so that what somebody broke
-- does not break this. $1 after, $2 window, $3 origin (of no matter here). The row without a fault says
-- how far it looked.
WITH page AS (
	SELECT * FROM token WHERE id > $1::bigint ORDER BY id LIMIT $2::bigint
), said AS (
	SELECT t.*, convert_to('{\"id\":' || t.id || ',', 'UTF8') AS is_its, ARRAY[
		'"expires_at":' || extract(epoch FROM t.expires_at)::bigint,
		'"person":' || to_json(t.person)::text,
		'"parent":' || t.parent_id || ',',
		'"permissions":' || array_to_json(t.permissions)::text,
		CASE WHEN t.one_request THEN '"one_request":true' END] AS members,
	    ARRAY['expires_at', 'person', 'parent', 'permissions', 'one_request'] AS names
	FROM page t
), told AS (
	SELECT s.*, made.record AS made, ended.record AS ended, p.revoked_at AS parent_revoked_at
	FROM said s LEFT JOIN token p ON p.id = s.parent_id
	LEFT JOIN LATERAL (
		SELECT c.record FROM policy_change c
		WHERE c.kind = 'token' AND c.name = s.principal AND c.at = s.created_at
		    AND position('{"act":"token.created"'::bytea IN c.record) = 1
		    AND position(s.is_its IN c.record) > 0
		LIMIT 1
	) made ON true
	LEFT JOIN LATERAL (
		SELECT c.record FROM policy_change c
		WHERE c.kind = 'token' AND c.name = s.principal AND s.revoked_at IS NULL
		    AND position('{"act":"token.revoked"'::bytea IN c.record) = 1
		    AND position(s.is_its IN c.record) > 0
		LIMIT 1
	) ended ON true
)
SELECT t.id, t.principal, CASE WHEN t.made IS NULL THEN 'the log does not tell that it was made'
	WHEN t.ended IS NOT NULL OR t.parent_revoked_at IS NOT NULL
	THEN 'it is good, and the log says that it was revoked'
	ELSE 'its ' || wrong.name || ' is not as it was logged' END
FROM told t LEFT JOIN LATERAL (
	SELECT m.name FROM unnest(t.members, t.names) AS m (member, name)
	WHERE CASE WHEN m.member IS NULL THEN position(convert_to('\"' || m.name || '\":', 'UTF8') IN t.made) > 0
	    ELSE position(convert_to(btrim(to_json(m.member)::text, '"'), 'UTF8') IN t.made) = 0 END
	LIMIT 1
) wrong ON true
WHERE $3::bigint IS NOT NULL AND (t.made IS NULL OR t.ended IS NOT NULL OR wrong.name IS NOT NULL
    OR t.revoked_at IS NULL AND t.parent_revoked_at IS NOT NULL)
UNION ALL
SELECT max(id), NULL, NULL FROM page
