-- As certificate_get.sql, of one in the archive: when it went there, and the digest of the DER that it had.
-- $1 id
SELECT c.id, c.serial, a.name AS authority, c.device_id, p.name AS product, d.serial AS device_serial,
    f.name AS profile, l.name AS label, c.subject_text, c.key_digest, c.not_before, c.not_after,
    c.issued_at, c.first_used_at, c.renews,
    c.shard, c.key_algorithm, r.reason::integer AS reason, r.revoked_at, r.invalidity_at,
    b.at, c.der_digest
FROM certificate_archive c
JOIN certificate_archive_batch b ON b.id = c.batch_id
LEFT JOIN authority a ON a.id = c.authority_id
LEFT JOIN device d ON d.id = c.device_id
LEFT JOIN product p ON p.id = d.product_id
LEFT JOIN profile f ON f.id = c.profile_id
LEFT JOIN label l ON l.id = c.label_id
LEFT JOIN revocation r ON r.certificate_id = c.id AND r.resumed_at IS NULL
WHERE c.id = $1::bigint
