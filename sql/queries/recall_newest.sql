-- $1 product, $2 channel
SELECT id, number, bytes, sha256, created_at FROM recall_list
WHERE product_id = $1::bigint AND channel = $2::text ORDER BY number DESC LIMIT 1
