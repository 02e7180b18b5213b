-- Newest first. $1 before this id, $2 how many, $3 products' names (NULL: all; then also what is of no
-- product), $4 kind or NULL, $5 device or NULL
SELECT a.id, a.at, a.kind, a.device_id, coalesce(p.name, e.product), coalesce(d.serial, e.serial),
    a.enrollment_id, a.detail
FROM alarm a
LEFT JOIN device d ON d.id = a.device_id
LEFT JOIN product p ON p.id = d.product_id
LEFT JOIN enrollment e ON e.id = a.enrollment_id
WHERE a.id < $1::bigint
    AND ($3::text[] IS NULL OR coalesce(p.name, e.product) = ANY ($3::text[]))
    AND ($4::text IS NULL OR a.kind = $4::text)
    AND ($5::bigint IS NULL OR a.device_id = $5::bigint)
ORDER BY a.id DESC
LIMIT $2::bigint
