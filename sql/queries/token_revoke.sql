-- A token and those that were made with it. $1 id, $2 who, $3 now
WITH RECURSIVE family AS (
	SELECT id FROM token WHERE id = $1::bigint
	UNION
	SELECT t.id FROM token t JOIN family f ON t.parent_id = f.id
), revoked AS (
	UPDATE token SET revoked_at = $3::timestamptz, revoked_by = $2::text
	WHERE id IN (SELECT id FROM family) AND revoked_at IS NULL
	RETURNING 1
)
SELECT count(*) FROM revoked
