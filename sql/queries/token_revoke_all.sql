-- Every token that could still be used. $1 who, $2 now
WITH revoked AS (
	UPDATE token SET revoked_at = $2::timestamptz, revoked_by = $1::text
	WHERE revoked_at IS NULL AND expires_at > $2::timestamptz
	RETURNING 1
)
SELECT count(*) FROM revoked
