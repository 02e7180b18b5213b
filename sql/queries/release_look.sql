-- What a new release stands beside; a number is taken where its version is not there.
-- $1 product, $2 channel, $3 version, $4 sequence of what it supersedes; 0: nothing
SELECT $4::bigint <> 0 AND EXISTS (SELECT FROM release s
    WHERE s.product_id = $1::bigint AND s.channel = $2::text AND s.sequence = $4::bigint),
    CASE WHEN r.id IS NULL THEN release_number($1::bigint) ELSE 0 END,
    r.id, r.product_id, r.product, r.channel, r.version, r.sequence, r.class_id, r.spec, r.provenance,
    r.manifest, r.json_manifest, r.manifest_digest, r.json_digest, r.created_at, r.created_by,
    r.created_person, r.state, r.request_id, r.revision
FROM (VALUES (1)) AS one (n)
LEFT JOIN release r ON r.product_id = $1::bigint AND r.channel = $2::text AND r.version = $3::text
