-- $1 after, $2 window, $3 origin (of no matter here). The row without a fault says how far it looked.
WITH page AS (
	SELECT t.* FROM trust_statement t WHERE t.id > $1::bigint ORDER BY t.id LIMIT $2::bigint
)
SELECT p.id, p.product || ' ' || p.version, 'a trust statement without an entry in the log'
FROM page p
WHERE $3::bigint IS NOT NULL AND (SELECT count(*) FROM log_salt s
    WHERE s.record_kind = 'trust-statement' AND s.record_id = p.id) = 0
UNION ALL
SELECT max(id), NULL, NULL FROM page
