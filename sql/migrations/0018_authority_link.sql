-- An authority's key certified once more, by another than the issuer of its own certificate: a root's by
-- the root before or after it (RFC 4210 4.4: NewWithOld, OldWithNew), an issuing authority's below a new root.
CREATE TABLE authority_link (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	authority_id bigint NOT NULL REFERENCES authority (id), -- whose name and key stand in it
	issuer_id bigint NOT NULL REFERENCES authority (id),    -- who signed it
	certificate bytea NOT NULL UNIQUE,
	version bigint NOT NULL,                   -- the policy version that wrote it
	created_at timestamptz NOT NULL,
	CHECK (authority_id <> issuer_id)
);
CREATE INDEX authority_link_authority ON authority_link (authority_id, id);
GRANT SELECT, INSERT ON authority_link TO signet_server;
