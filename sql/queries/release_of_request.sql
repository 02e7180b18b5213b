-- The release that waits for request $1.
SELECT id, product_id, product, channel, version, sequence, class_id, spec, provenance, manifest,
    json_manifest, manifest_digest, json_digest, created_at, created_by, created_person, state,
    request_id, revision
FROM release WHERE request_id = $1::bigint AND state IN ('requested', 'approved')
FOR UPDATE
