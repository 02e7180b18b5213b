-- Newest first, without their bytes. $1 ids below this one, $2 how many, $3 products that the one who asks
-- may see (NULL: all), $4 product (NULL: whatever)
SELECT id, product_id, product, version, NULL::bytea, sha256, octet_length(bytes)::bigint, published_at,
    published_by, person, request_id
FROM trust_statement
WHERE id < $1::bigint AND ($3::text[] IS NULL OR product = ANY ($3::text[]))
    AND ($4::bigint IS NULL OR product_id = $4::bigint)
ORDER BY id DESC
LIMIT $2::bigint
