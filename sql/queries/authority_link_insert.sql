-- authority, issuer, certificate, version, time
INSERT INTO authority_link (authority_id, issuer_id, certificate, version, created_at)
VALUES ($1, $2, $3, $4, $5)
RETURNING id
