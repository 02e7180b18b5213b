-- Revocation lists: made by one node, served by all.

-- Every URL that an authority's certificates were ever given for their list, or its delta: a list
-- says for which it is (RFC 5280 5.2.5), as long as there are certificates that name it.
CREATE TABLE crl_url (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	authority_id bigint NOT NULL,
	url text NOT NULL CHECK (url <> ''), -- {shard} not filled in
	UNIQUE (authority_id, url)
);
GRANT SELECT, INSERT ON crl_url TO signet_server;

-- By a trigger, whoever writes a document: two changes of policy between two lists are two URLs.
CREATE FUNCTION authority_urls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO crl_url (authority_id, url)
	SELECT NEW.id, NEW.spec ->> 'crl_url' WHERE NEW.spec ->> 'crl_url' <> ''
	ON CONFLICT DO NOTHING;
	RETURN NULL;
END
$$;
CREATE TRIGGER authority_urls AFTER INSERT OR UPDATE OF spec ON authority
    FOR EACH ROW EXECUTE FUNCTION authority_urls();
INSERT INTO crl_url (authority_id, url)
SELECT id, spec ->> 'crl_url' FROM authority WHERE spec ->> 'crl_url' <> '' ORDER BY id;

-- Each publication for good, the record of its log entry: a full list, a delta list, or both under
-- one number.
CREATE TABLE crl (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	authority_id bigint NOT NULL,
	shard integer NOT NULL,
	number bigint NOT NULL CHECK (number > 0),
	sequence bigint NOT NULL,            -- it tells of all events up to this one
	scope bytea NOT NULL CHECK (octet_length(scope) = 32), -- SHA-256 of what it says it is for
	this_update timestamptz NOT NULL,
	next_update timestamptz NOT NULL,
	made_at timestamptz NOT NULL,        -- by its maker's clock, which may lag behind this_update
	build_ms integer NOT NULL,
	full_entries bigint,                 -- NULL: no full list
	full_bytes bigint,
	full_digest bytea CHECK (octet_length(full_digest) = 32),
	base_number bigint,                  -- NULL: no delta list
	delta_entries bigint,
	delta_bytes bigint,
	delta_digest bytea CHECK (octet_length(delta_digest) = 32),
	UNIQUE (authority_id, shard, number),
	CHECK (next_update > this_update),
	CHECK (full_digest IS NOT NULL OR delta_digest IS NOT NULL),
	CHECK (num_nulls(full_entries, full_bytes, full_digest) IN (0, 3)),
	CHECK (num_nulls(base_number, delta_entries, delta_bytes, delta_digest) IN (0, 4))
);
-- Full lists that clients may still hold: what deltas can add to.
CREATE INDEX crl_base ON crl (authority_id, shard, next_update) WHERE full_digest IS NOT NULL;
GRANT SELECT, INSERT ON crl TO signet_server;

-- The lists themselves, as long as they are served.
CREATE TABLE crl_chunk (
	crl_id bigint NOT NULL,
	delta boolean NOT NULL,
	part integer NOT NULL,
	bytes bytea NOT NULL,
	PRIMARY KEY (crl_id, delta, part)
);
ALTER TABLE crl_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;
GRANT SELECT, INSERT, DELETE ON crl_chunk TO signet_server;

ALTER TABLE crl_shard ADD COLUMN full_id bigint;  -- the publications whose lists are served
ALTER TABLE crl_shard ADD COLUMN delta_id bigint;
-- Lists up to this number were made before the database was restored: others of those numbers may
-- be out there, and no delta adds to them.
ALTER TABLE crl_shard ADD COLUMN floor bigint NOT NULL DEFAULT 0;
ALTER TABLE crl_shard ADD COLUMN alarmed bigint NOT NULL DEFAULT 0; -- number whose end was told of
GRANT UPDATE (full_id, delta_id, alarmed) ON crl_shard TO signet_server;
-- What is rewritten every second must not leave dead rows over many pages.
ALTER TABLE crl_shard SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000);
