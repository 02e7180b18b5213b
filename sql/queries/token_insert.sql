-- No row: the parent is revoked. It is held as it is until the transaction ends.
-- $1 digest of jti, $2 principal, $3 person, $4 created by, $5 parent, $6 now, $7 end,
-- $8 permissions, $9 for one request, $10 provenance of the run
WITH parent AS (
	SELECT id FROM token WHERE id = $5::bigint AND revoked_at IS NULL FOR SHARE
)
INSERT INTO token (jti, principal, person, created_by, parent_id, created_at, expires_at, permissions,
    one_request, provenance)
SELECT $1::bytea, $2::text, $3::text, $4::text, $5::bigint, $6::timestamptz, $7::timestamptz,
    $8::text[], $9::boolean, $10::json
WHERE $5::bigint IS NULL OR EXISTS (SELECT FROM parent)
RETURNING id
