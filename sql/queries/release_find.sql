-- $1 product, $2 channel, $3 version
SELECT id, product_id, product, channel, version, sequence, class_id, spec, provenance, manifest,
    json_manifest, manifest_digest, json_digest, created_at, created_by, created_person, state,
    request_id, revision
FROM release WHERE product_id = $1::bigint AND channel = $2::text AND version = $3::text
