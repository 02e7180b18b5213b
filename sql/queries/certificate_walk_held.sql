-- As certificate_walk.sql, of those that are held now
SELECT r.certificate_id, r.not_after, NULL::bigint FROM revocation r
WHERE r.reason = 6 AND r.resumed_at IS NULL
    AND r.certificate_id < $1::bigint AND r.certificate_id >= $3::bigint
ORDER BY r.certificate_id DESC
LIMIT $2::bigint
