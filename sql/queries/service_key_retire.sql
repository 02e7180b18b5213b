-- $1 id, $2 now
UPDATE service_key SET retired_at = $2::timestamptz WHERE id = $1::bigint AND retired_at IS NULL
