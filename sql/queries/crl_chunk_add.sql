-- publication, delta, part, bytes
INSERT INTO crl_chunk (crl_id, delta, part, bytes) VALUES ($1, $2, $3, $4)
