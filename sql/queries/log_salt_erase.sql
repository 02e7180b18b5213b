-- $1 record kind, $2 record id
UPDATE log_salt SET salt = NULL, erased_at = now()
WHERE record_kind = $1::text AND record_id = $2::bigint AND salt IS NOT NULL
RETURNING entry_id
