-- A step and its release. $1 step
SELECT s.id, s.release_id, s.step, s.at, s.who, s.person, s.request_id, s.digest,
    r.id, r.product_id, r.product, r.channel, r.version, r.sequence, r.class_id, r.spec, r.provenance,
    r.manifest, r.json_manifest, r.manifest_digest, r.json_digest, r.created_at, r.created_by,
    r.created_person, r.state, r.request_id, r.revision
FROM release_step s JOIN release r ON r.id = s.release_id WHERE s.id = $1::bigint
