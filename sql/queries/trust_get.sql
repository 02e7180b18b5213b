-- $1 id
SELECT id, product_id, product, version, bytes, sha256, octet_length(bytes)::bigint, published_at,
    published_by, person, request_id
FROM trust_statement WHERE id = $1::bigint
