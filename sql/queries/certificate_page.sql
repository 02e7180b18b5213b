-- Of candidates, in their order, those that all filters let pass. A filter that is NULL lets all pass.
-- $1 candidates, $2 at most, $3 products, $4 authority, $5 device, $6 serial number of a device, $7 of a
-- certificate, $8 subject, $9 digest of the key, $10 label, $11 batch, $12 status ('good' 'held' 'revoked'),
-- $13 issued not before, $14 issued before, $15 ends not before, $16 ends before
SELECT v.*
FROM (
	SELECT c.id, w.place
	FROM unnest($1::bigint[]) WITH ORDINALITY AS w (id, place)
	CROSS JOIN LATERAL (SELECT * FROM certificate c WHERE c.id = w.id OFFSET 0) c -- by no other index
	WHERE ($3::bigint[] IS NULL OR c.product_id = ANY ($3::bigint[]))
	    AND ($4::bigint IS NULL OR c.authority_id = $4::bigint)
	    AND ($5::bigint IS NULL OR c.device_id = $5::bigint)
	    AND ($6::text IS NULL OR (SELECT d.serial FROM device d WHERE d.id = c.device_id) = $6::text)
	    AND ($7::bytea IS NULL OR c.serial = $7::bytea)
	    AND ($8::text IS NULL OR c.subject_text = $8::text)
	    AND ($9::bytea IS NULL OR c.key_digest = $9::bytea)
	    AND ($10::bigint IS NULL OR c.label_id = $10::bigint)
	    AND ($11::text IS NULL OR (SELECT d.batch FROM device d WHERE d.id = c.device_id) = $11::text)
	    AND ($12::text IS NULL OR $12::text = coalesce((SELECT revocation_state(r.reason, r.resumed_at)
		FROM revocation r WHERE r.certificate_id = c.id), 'good'))
	    AND ($13::timestamptz IS NULL OR c.issued_at >= $13::timestamptz)
	    AND ($14::timestamptz IS NULL OR c.issued_at < $14::timestamptz)
	    AND ($15::timestamptz IS NULL OR c.not_after >= $15::timestamptz)
	    AND ($16::timestamptz IS NULL OR c.not_after < $16::timestamptz)
	ORDER BY w.place
	LIMIT $2::bigint
) page JOIN certificate_named v ON v.id = page.id
ORDER BY page.place
