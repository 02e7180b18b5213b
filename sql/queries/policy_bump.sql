-- version, time. The notification leaves with the commit.
WITH bumped AS (
	UPDATE policy_version SET version = $1, changed_at = $2 RETURNING version
)
SELECT pg_notify('signet_policy', version::text) FROM bumped
