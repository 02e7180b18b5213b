-- The highest sequence that was ever published. $1 product, $2 channel
SELECT coalesce(max(r.sequence), 0)::bigint
FROM release r
WHERE r.product_id = $1::bigint AND r.channel = $2::text AND r.state IN ('published', 'recalled')
    AND EXISTS (SELECT FROM release_bundle b WHERE b.release_id = r.id)
