-- Steps without an entry, and releases that are not as their newest step left them; recall lists that no
-- step tells of. By step.
-- $1 after, $2 window, $3 origin (of no matter here). The row without a fault says how far it looked.
WITH page AS (
	SELECT t.* FROM release_step t WHERE t.id > $1::bigint ORDER BY t.id LIMIT $2::bigint
), newest AS (
	SELECT p.*, r.product || ' ' || r.version AS name, r.state
	FROM page p JOIN release r ON r.id = p.release_id
)
SELECT n.id, n.name, CASE
	WHEN NOT EXISTS (SELECT FROM log_salt s WHERE s.record_kind = 'release-step' AND s.record_id = n.id)
	THEN 'a step of a release (' || n.step || ') without an entry in the log'
	ELSE 'a release in another state than its newest step says' END
FROM newest n
WHERE $3::bigint IS NOT NULL AND (
    NOT EXISTS (SELECT FROM log_salt s WHERE s.record_kind = 'release-step' AND s.record_id = n.id)
    OR NOT EXISTS (SELECT FROM release_step l WHERE l.release_id = n.release_id AND l.id > n.id)
	AND n.state <> CASE n.step WHEN 'created' THEN 'draft' WHEN 'returned' THEN 'draft' ELSE n.step END)
UNION ALL
SELECT max(id), NULL, NULL FROM page
