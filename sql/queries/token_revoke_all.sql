-- Every token that could still be used, or with which a certificate was made that could. $1 who, $2 now
WITH revoked AS (
	UPDATE token t SET revoked_at = $2::timestamptz, revoked_by = $1::text
	WHERE revoked_at IS NULL AND (expires_at > $2::timestamptz
	    OR EXISTS (SELECT FROM certificate c WHERE c.token_id = t.id AND c.not_after > $2::timestamptz))
	RETURNING 1
)
SELECT count(*) FROM revoked
