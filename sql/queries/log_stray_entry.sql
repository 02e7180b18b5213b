-- Entries that nothing ties to a record, or that have been waiting for their place for a minute.
-- $1 after, $2 window, $3 origin. The row without a fault says how far it looked.
WITH page AS (
	SELECT t.id, t.at, t.kind FROM log_entry t WHERE t.id > $1::bigint ORDER BY t.id LIMIT $2::bigint
)
SELECT p.id, p.kind, 'an entry that is tied to no record'
FROM page p WHERE (SELECT count(*) FROM log_salt s WHERE s.entry_id = p.id) = 0
UNION ALL
SELECT p.id, p.kind, 'an entry that was not taken into the log'
FROM page p
WHERE p.at < now() - interval '1 minute' AND (SELECT count(*) FROM log_leaf l
    WHERE l.origin_id = $3::bigint AND l.entry_id = p.id) = 0
UNION ALL
SELECT max(id), NULL, NULL FROM page
