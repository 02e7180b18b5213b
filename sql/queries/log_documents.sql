-- Policy documents beside the first and the newest logged change of each; without a spec: the log
-- tells of it, and there is no row. Devices stand here only so. A key that waits for its certificate is
-- no authority yet. $1 kinds of documents
WITH change AS (
	SELECT id, kind, name, record FROM policy_change
	WHERE kind <> 'authority' OR encode(record, 'escape') NOT LIKE '{"act":"authority.key-made"%'
), held AS (
	SELECT 'authority' AS kind, name, spec::text, false AS removed, certificate FROM authority
	UNION ALL SELECT 'profile', name, spec::text, false, NULL FROM profile
	UNION ALL SELECT 'trust-anchor', name, spec::text, false, NULL FROM trust_anchor
	UNION ALL SELECT 'product', name, spec::text, false, NULL FROM product
	UNION ALL SELECT 'label', name, spec::text, false, NULL FROM label
	UNION ALL SELECT kind, name, spec::text, removed, NULL FROM access_document
), told AS (
	SELECT DISTINCT kind, name FROM change
	WHERE kind = ANY ($1::text[])
), lost AS (
	SELECT t.kind, t.name FROM told t
	WHERE CASE t.kind WHEN 'device' THEN NOT EXISTS (
		SELECT FROM product p JOIN device d ON d.product_id = p.id
		WHERE left(t.name, length(p.name) + 1) = p.name || '/'
		    AND d.serial = substr(t.name, length(p.name) + 2))
	    ELSE NOT EXISTS (SELECT FROM held h WHERE h.kind = t.kind AND h.name = t.name) END
)
SELECT d.kind, d.name, d.spec, d.removed, d.certificate,
    (SELECT c.record FROM change c WHERE c.kind = d.kind AND c.name = d.name
	ORDER BY c.id LIMIT 1),
    (SELECT c.record FROM change c WHERE c.kind = d.kind AND c.name = d.name
	ORDER BY c.id DESC LIMIT 1)
FROM (SELECT * FROM held UNION ALL SELECT kind, name, NULL, false, NULL FROM lost) d
ORDER BY d.kind, d.name
