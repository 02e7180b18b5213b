-- $1 release
SELECT id, release_id, step, at, who, person, request_id, digest
FROM release_step WHERE release_id = $1::bigint ORDER BY id
