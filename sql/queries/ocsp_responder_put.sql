-- $1 authority, $2 node, $3 certificate
INSERT INTO ocsp_responder (authority_id, node, certificate_id) VALUES ($1, $2, $3)
ON CONFLICT (authority_id, node) DO UPDATE SET certificate_id = EXCLUDED.certificate_id
