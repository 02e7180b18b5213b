-- Whether a certificate was issued, and what is in force against it. The revocation's row is looked
-- at on its own: it stays when the certificate goes to the archive.
-- $1 authority, $2 serial number
SELECT r.serial IS NOT NULL
	OR EXISTS (SELECT FROM certificate c WHERE c.authority_id = $1::bigint AND c.serial = $2::bytea)
	OR EXISTS (SELECT FROM certificate_archive c
		WHERE c.authority_id = $1::bigint AND c.serial = $2::bytea),
	r.serial IS NOT NULL AND r.resumed_at IS NULL, r.reason::integer, r.revoked_at
FROM (VALUES (1)) one (row)
LEFT JOIN revocation r ON r.authority_id = $1::bigint AND r.serial = $2::bytea
