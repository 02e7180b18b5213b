-- Lists: what people filter by, found without reading ten million rows.

-- Of the device, once more: a list of one product's certificates needs no look at each device.
-- 0: no device's.
ALTER TABLE certificate ADD COLUMN product_id bigint NOT NULL DEFAULT 0;
UPDATE certificate c SET product_id = d.product_id FROM device d WHERE d.id = c.device_id;
-- The subject as RFC 4514 text, to find it by; NULL on certificates made before this migration.
ALTER TABLE certificate ADD COLUMN subject_text text;
-- Newest first, of a product and an authority. By -id: nobody then walks the ids of all, which are in
-- the same order, in search of the few of one product.
CREATE INDEX certificate_product ON certificate (product_id, authority_id, (-id));
CREATE INDEX certificate_product_expiry ON certificate (product_id, not_after, id);
CREATE INDEX certificate_subject ON certificate (subject_text, id) WHERE subject_text IS NOT NULL;
DROP INDEX certificate_not_after;
CREATE INDEX certificate_expiry ON certificate (not_after, id);

CREATE VIEW certificate_named AS
SELECT c.id, c.serial, a.name AS authority, c.device_id, p.name AS product, d.serial AS device_serial,
    f.name AS profile, l.name AS label, c.subject_text, c.key_digest, c.not_before, c.not_after,
    c.issued_at, c.first_used_at, c.renews
FROM certificate c
LEFT JOIN authority a ON a.id = c.authority_id
LEFT JOIN device d ON d.id = c.device_id
LEFT JOIN product p ON p.id = d.product_id
LEFT JOIN profile f ON f.id = c.profile_id
LEFT JOIN label l ON l.id = c.label_id;
GRANT SELECT ON certificate_named TO signet_server;

-- Rises with each change that somebody makes; those of enrollments count in issuances.
ALTER TABLE device ADD COLUMN revision bigint NOT NULL DEFAULT 1;
GRANT UPDATE (revision) ON device TO signet_server;
CREATE INDEX device_product ON device (product_id, state, (-id));
CREATE INDEX device_by_serial ON device (serial, id);

-- '' stands for strangers, whose product nobody vouches for.
CREATE INDEX enrollment_product ON enrollment (coalesce(product, ''), outcome, (-id));
CREATE INDEX enrollment_serial ON enrollment (serial, id) WHERE serial IS NOT NULL;
CREATE INDEX enrollment_state ON enrollment (state, (-id)) WHERE state IS NOT NULL;

-- Every document of policy that is in force, as GET shows it.
CREATE VIEW policy_document AS
SELECT 'authority' AS kind, name, spec::text AS spec, version, updated_at, certificate FROM authority
UNION ALL
SELECT 'profile', name, spec::text, version, updated_at, NULL FROM profile
UNION ALL
SELECT 'trust-anchor', name, spec::text, version, updated_at, NULL FROM trust_anchor
UNION ALL
SELECT 'product', name, spec::text, version, updated_at, NULL FROM product
UNION ALL
SELECT 'label', name, spec::text, version, updated_at, NULL FROM label
UNION ALL
SELECT kind, name, spec::text, version, updated_at, NULL FROM access_document WHERE NOT removed;
GRANT SELECT ON policy_document TO signet_server;
