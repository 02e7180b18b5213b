-- Recall lists that no recall tells of. $1 after, $2 window, $3 origin (of no matter here). The row without a
-- fault says how far it looked.
WITH page AS (
	SELECT t.* FROM recall_list t WHERE t.id > $1::bigint ORDER BY t.id LIMIT $2::bigint
)
SELECT p.id, p.channel || ' ' || p.number, 'a recall list that no step of a release tells of'
FROM page p
WHERE $3::bigint IS NOT NULL AND NOT EXISTS (SELECT FROM release_step s JOIN release r ON r.id = s.release_id
    WHERE s.id = p.step_id AND s.step = 'recalled' AND s.digest = p.sha256 AND r.product_id = p.product_id
	AND r.channel = p.channel)
UNION ALL
SELECT max(id), NULL, NULL FROM page
