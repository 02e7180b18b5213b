-- Policy: what authorities, profiles, labels, trust anchors and products say.
-- Documents are kept as canonical JSON text (type json keeps it byte for byte).
-- Rows are never deleted: certificates name them for ever.

DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'signet_server') THEN
		RAISE EXCEPTION 'role signet_server is missing'
		    USING HINT = 'CREATE ROLE signet_server LOGIN, then migrate again';
	END IF;
	-- The server's role gets no temporary tables either: it has no DDL at all.
	EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
	EXECUTE format('GRANT CONNECT ON DATABASE %I TO signet_server', current_database());
	-- A cluster upgraded from before PostgreSQL 15 lets everybody make tables in public.
	REVOKE CREATE ON SCHEMA public FROM PUBLIC;
	IF has_schema_privilege('signet_server', 'public', 'CREATE') THEN
		RAISE EXCEPTION 'role signet_server may make tables in the schema public'
		    USING HINT = 'let signet_owner own the database, then migrate again';
	END IF;
END
$$;

GRANT USAGE ON SCHEMA public TO signet_server;
GRANT SELECT ON schema_migration TO signet_server;

-- One row. Bumped in every transaction that changes policy; listeners hear signet_policy.
CREATE TABLE policy_version (
	single boolean PRIMARY KEY DEFAULT true CHECK (single),
	version bigint NOT NULL,
	changed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO policy_version (version) VALUES (0);
GRANT SELECT, UPDATE (version, changed_at) ON policy_version TO signet_server;

CREATE TABLE authority (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE,
	certificate bytea NOT NULL,
	subject bytea NOT NULL,                    -- Name, DER
	ski bytea NOT NULL,
	parent_id bigint REFERENCES authority (id), -- NULL: a root, or its issuer is not held here
	chain bytea[] NOT NULL,                    -- issuer certificates, nearest first, root last
	spec json NOT NULL,                        -- key_uri and URLs
	version bigint NOT NULL,                   -- the policy version that wrote it
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX authority_ski ON authority (ski);
GRANT SELECT, INSERT, UPDATE (spec, version, updated_at) ON authority TO signet_server;

CREATE TABLE profile (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE,
	spec json NOT NULL,
	version bigint NOT NULL,
	updated_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE (spec, version, updated_at) ON profile TO signet_server;

CREATE TABLE trust_anchor (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE,
	spec json NOT NULL,
	version bigint NOT NULL,
	updated_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE (spec, version, updated_at) ON trust_anchor TO signet_server;

CREATE TABLE product (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE,
	manufacturer text NOT NULL,
	model text NOT NULL,
	spec json NOT NULL,
	version bigint NOT NULL,
	updated_at timestamptz NOT NULL DEFAULT now(),
	-- Deferred: one apply may let two products change places.
	CONSTRAINT product_model UNIQUE (manufacturer, model) DEFERRABLE INITIALLY DEFERRED
);
GRANT SELECT, INSERT, UPDATE (manufacturer, model, spec, version, updated_at) ON product TO signet_server;

CREATE TABLE label (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE,
	spec json NOT NULL,
	version bigint NOT NULL,
	updated_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE (spec, version, updated_at) ON label TO signet_server;

-- Each change of policy as it was made: the record that its log entry commits to.
CREATE TABLE policy_change (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL,
	who text NOT NULL,
	version bigint NOT NULL,
	kind text NOT NULL,
	name text NOT NULL,
	record bytea NOT NULL                      -- canonical JSON: who, act, document
);
CREATE INDEX policy_change_name ON policy_change (kind, name, id);
GRANT SELECT, INSERT ON policy_change TO signet_server;
