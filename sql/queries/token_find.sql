-- With the version of policy, so that who calls is not judged by an older one. $1 digest of jti
SELECT id, principal, person, created_by, parent_id, created_at, expires_at, revoked_at, revoked_by,
    permissions, one_request, request_id, release_id, provenance::text,
    (SELECT version FROM policy_version)
FROM token
WHERE jti = $1::bytea
