-- $1 product, $2 channel
SELECT r.id, r.sequence, r.version, b.sha256, octet_length(b.bytes)::bigint
FROM release r JOIN release_bundle b ON b.release_id = r.id
WHERE r.product_id = $1::bigint AND r.channel = $2::text AND r.state = 'published'
ORDER BY r.sequence DESC LIMIT 1
