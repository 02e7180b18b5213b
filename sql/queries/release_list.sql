-- Newest first, without manifests. $1 ids below this one, $2 how many, $3 products that the one who asks
-- may see (NULL: all), $4 product, $5 channel, $6 state, $7 version. $4 to $7 NULL: whatever.
SELECT id, product_id, product, channel, version, sequence, class_id, spec, provenance, NULL::bytea,
    NULL::bytea, manifest_digest, json_digest, created_at, created_by, created_person, state,
    request_id, revision
FROM release
WHERE id < $1::bigint AND ($3::text[] IS NULL OR product = ANY ($3::text[]))
    AND ($4::text IS NULL OR product = $4::text)
    AND ($5::text IS NULL OR channel = $5::text)
    AND ($6::text IS NULL OR state = $6::text)
    AND ($7::text IS NULL OR version = $7::text)
ORDER BY id DESC
LIMIT $2::bigint
