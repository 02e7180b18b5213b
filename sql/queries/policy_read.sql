-- One statement is one snapshot: version and rows belong together.
SELECT 'version' AS kind, 0::bigint AS id, '' AS name, NULL::text AS spec, version,
       NULL::bytea AS certificate, NULL::bigint AS parent_id, NULL::bytea[] AS chain,
       NULL::bytea[] AS links, false AS revoked
  FROM policy_version
UNION ALL
SELECT 'authority', id, name, spec::text, version, certificate, parent_id, chain,
       (SELECT array_agg(l.certificate ORDER BY l.id) FROM authority_link l WHERE l.authority_id = authority.id),
       revoked_at IS NOT NULL
  FROM authority
UNION ALL
SELECT 'profile', id, name, spec::text, version, NULL, NULL, NULL, NULL, false FROM profile
UNION ALL
SELECT 'trust-anchor', id, name, spec::text, version, NULL, NULL, NULL, NULL, false FROM trust_anchor
UNION ALL
SELECT 'product', id, name, spec::text, version, NULL, NULL, NULL, NULL, false FROM product
UNION ALL
SELECT 'label', id, name, spec::text, version, NULL, NULL, NULL, NULL, false FROM label
UNION ALL
SELECT kind, id, name, spec::text, version, NULL, NULL, NULL, NULL, false FROM access_document WHERE NOT removed
ORDER BY kind, id
