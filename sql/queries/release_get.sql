-- $1 id
SELECT id, product_id, product, channel, version, sequence, class_id, spec, provenance, manifest,
    json_manifest, manifest_digest, json_digest, created_at, created_by, created_person, state,
    request_id, revision
FROM release WHERE id = $1::bigint
