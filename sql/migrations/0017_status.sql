-- Suspension of a device holds its certificates; what resumes it lifts those holds only.

-- The device by whose suspension, resumption or retirement it came; NULL: of the certificate alone.
ALTER TABLE status_change ADD COLUMN device_id bigint;
-- As in the newest event.
ALTER TABLE revocation ADD COLUMN device_id bigint;
GRANT UPDATE (device_id) ON revocation TO signet_server;

-- Certificates as people see them, with what is in force against them.
CREATE OR REPLACE VIEW certificate_named AS
SELECT c.id, c.serial, a.name AS authority, c.device_id, p.name AS product, d.serial AS device_serial,
    f.name AS profile, l.name AS label, c.subject_text, c.key_digest, c.not_before, c.not_after,
    c.issued_at, c.first_used_at, c.renews,
    c.shard, c.key_algorithm, r.reason::integer AS reason, r.revoked_at, r.invalidity_at
FROM certificate c
LEFT JOIN authority a ON a.id = c.authority_id
LEFT JOIN device d ON d.id = c.device_id
LEFT JOIN product p ON p.id = d.product_id
LEFT JOIN profile f ON f.id = c.profile_id
LEFT JOIN label l ON l.id = c.label_id
LEFT JOIN revocation r ON r.certificate_id = c.id AND r.resumed_at IS NULL;
