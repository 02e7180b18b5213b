-- Newest first, without manifests. $1 ids below this one, $2 how many, $3 and $4 products and channels that
-- the one who asks may see, pairwise, '' standing for any (NULL: all), $5 product, $6 channel, $7 state,
-- $8 version. $5 to $8 NULL: whatever.
SELECT id, product_id, product, channel, version, sequence, class_id, spec, provenance, NULL::bytea,
    NULL::bytea, manifest_digest, json_digest, created_at, created_by, created_person, state,
    request_id, revision
FROM release
WHERE id < $1::bigint
    AND ($3::text[] IS NULL OR EXISTS (
	SELECT FROM unnest($3::text[], $4::text[]) reach (product, channel)
	WHERE reach.product IN ('', release.product) AND reach.channel IN ('', release.channel)))
    AND ($5::text IS NULL OR product = $5::text)
    AND ($6::text IS NULL OR channel = $6::text)
    AND ($7::text IS NULL OR state = $7::text)
    AND ($8::text IS NULL OR version = $8::text)
ORDER BY id DESC
LIMIT $2::bigint
