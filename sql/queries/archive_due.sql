-- Those that end behind a place and may go into the archive, those first that end first; and the last one
-- that was looked at, with the id 0. $1 behind this id among those that end at $2, $3 look at so many,
-- $4 take so many
WITH rule AS (
	SELECT id, greatest((spec ->> 'archive_after')::bigint,
	    (SELECT max((l.spec ->> 'renew_grace')::bigint) FROM label l)) * interval '1 second' AS after
	FROM authority WHERE (spec ->> 'archive_after') IS NOT NULL
), walked AS MATERIALIZED (
	SELECT c.id, c.not_after, c.authority_id FROM certificate c
	WHERE (c.not_after, c.id) > ($2::timestamptz, $1::bigint)
	    AND c.not_after < now() - (SELECT min(after) FROM rule)
	ORDER BY c.not_after, c.id
	LIMIT $3::bigint
), due AS (
	SELECT w.id, w.not_after FROM walked w JOIN rule r ON r.id = w.authority_id
	WHERE w.not_after < now() - r.after
	ORDER BY w.not_after, w.id
	LIMIT $4::bigint
)
SELECT id, not_after, id FROM due
UNION ALL
(SELECT 0, not_after, id FROM walked ORDER BY not_after DESC, id DESC LIMIT 1)
