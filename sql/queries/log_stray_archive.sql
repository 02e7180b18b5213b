-- Archived certificates that no logged batch names, or that were issued without an entry.
-- $1 after, $2 window, $3 origin (of no matter here). The row without a fault says how far it looked.
WITH page AS (
	SELECT t.id, t.serial, t.batch_id FROM certificate_archive t WHERE t.id > $1::bigint
	ORDER BY t.id LIMIT $2::bigint
)
SELECT p.id, encode(p.serial, 'hex'), 'archived without an entry in the log'
FROM page p
WHERE $3::bigint IS NOT NULL AND NOT EXISTS (SELECT FROM log_salt s
    WHERE s.record_kind = 'archive' AND s.record_id = p.batch_id)
UNION ALL
SELECT p.id, encode(p.serial, 'hex'), 'issued without an entry in the log'
FROM page p WHERE NOT EXISTS (SELECT FROM log_salt s
    WHERE s.record_kind = 'certificate' AND s.record_id = p.id)
UNION ALL
SELECT max(id), NULL, NULL FROM page
