-- Releases that no step tells of, and what was signed, published or recalled past the steps. By release.
-- $1 after, $2 window, $3 origin (of no matter here). The row without a fault says how far it looked.
WITH page AS (
	SELECT t.* FROM release t WHERE t.id > $1::bigint ORDER BY t.id LIMIT $2::bigint
), told AS (
	SELECT p.id, p.product, p.channel, p.version,
	    ARRAY(SELECT s.step FROM release_step s WHERE s.release_id = p.id) AS steps,
	    EXISTS (SELECT FROM release_signature g WHERE g.release_id = p.id) AS is_signed,
	    EXISTS (SELECT FROM release_bundle b WHERE b.release_id = p.id) AS is_published
	FROM page p
)
SELECT t.id, t.product || ' ' || t.version, CASE
	WHEN NOT 'created' = ANY (t.steps) THEN 'a release that no step tells of'
	WHEN t.is_signed <> ('signed' = ANY (t.steps)) THEN 'a signature that its steps do not tell of, or none'
	ELSE 'a bundle that its steps do not tell of, or none' END
FROM told t
WHERE $3::bigint IS NOT NULL AND (NOT 'created' = ANY (t.steps)
    OR t.is_signed <> ('signed' = ANY (t.steps)) OR t.is_published <> ('published' = ANY (t.steps)))
UNION ALL
SELECT max(id), NULL, NULL FROM page
