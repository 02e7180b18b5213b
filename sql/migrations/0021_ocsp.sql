-- Delegated OCSP responders (RFC 6960 4.2.2.2): the newest certificate that an authority gave to a
-- node. The certificates of before stay where all are; answers carry the one that signed them.
CREATE TABLE ocsp_responder (
	authority_id bigint NOT NULL REFERENCES authority (id),
	node text NOT NULL CHECK (node <> ''),
	certificate_id bigint NOT NULL,
	PRIMARY KEY (authority_id, node)
);
GRANT SELECT, INSERT, UPDATE (certificate_id) ON ocsp_responder TO signet_server;
