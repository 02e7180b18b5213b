-- Policy documents beside the first and the newest logged change of each.
SELECT d.kind, d.name, d.spec, d.removed, d.certificate,
    (SELECT c.record FROM policy_change c WHERE c.kind = d.kind AND c.name = d.name
	ORDER BY c.id LIMIT 1),
    (SELECT c.record FROM policy_change c WHERE c.kind = d.kind AND c.name = d.name
	ORDER BY c.id DESC LIMIT 1)
FROM (
	SELECT 'authority' AS kind, name, spec::text, false AS removed, certificate FROM authority
	UNION ALL SELECT 'profile', name, spec::text, false, NULL FROM profile
	UNION ALL SELECT 'trust-anchor', name, spec::text, false, NULL FROM trust_anchor
	UNION ALL SELECT 'product', name, spec::text, false, NULL FROM product
	UNION ALL SELECT 'label', name, spec::text, false, NULL FROM label
	UNION ALL SELECT kind, name, spec::text, removed, NULL FROM access_document
) d
ORDER BY d.kind, d.name
