-- Where a label's search goes on; a new one begins with what ends from now on. $1 label, $2 now
WITH begun AS (
	INSERT INTO overdue_mark (label_id, not_after, certificate_id)
	SELECT $1::bigint, $2::timestamptz, 0
	WHERE NOT EXISTS (SELECT FROM overdue_mark WHERE label_id = $1::bigint)
	RETURNING not_after, certificate_id
)
SELECT not_after, certificate_id FROM begun
UNION ALL
SELECT not_after, certificate_id FROM overdue_mark WHERE label_id = $1::bigint
