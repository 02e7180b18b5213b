-- Releases: what a product may run, who agreed to it, and what devices are told. No row is deleted; what a
-- release says never changes, and its state goes one way. Products are referred to without foreign key, as by
-- all that is written often.

-- Sequence numbers of releases, and numbers of recall lists: rise per product, are never given out twice, and
-- nobody waits for them. Numbers jump with all others after a restored backup.
CREATE FUNCTION release_numbers_make() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	EXECUTE format('CREATE SEQUENCE release_number_%s AS bigint', NEW.id);
	EXECUTE format('CREATE SEQUENCE recall_number_%s AS bigint', NEW.id);
	RETURN NULL;
END
$$;
CREATE TRIGGER release_numbers_make AFTER INSERT ON product
    FOR EACH ROW EXECUTE FUNCTION release_numbers_make();
DO $$
DECLARE p bigint;
BEGIN
	FOR p IN SELECT id FROM product ORDER BY id LOOP
		EXECUTE format('CREATE SEQUENCE release_number_%s AS bigint', p);
		EXECUTE format('CREATE SEQUENCE recall_number_%s AS bigint', p);
	END LOOP;
END
$$;
CREATE FUNCTION release_number(product bigint) RETURNS bigint LANGUAGE sql VOLATILE
    SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT nextval(('release_number_' || $1)::regclass) $$;
CREATE FUNCTION recall_number(product bigint) RETURNS bigint LANGUAGE sql VOLATILE
    SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT nextval(('recall_number_' || $1)::regclass) $$;
REVOKE EXECUTE ON FUNCTION release_number(bigint), recall_number(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION release_number(bigint), recall_number(bigint) TO signet_server;

CREATE TABLE release (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	product_id bigint NOT NULL,
	product text NOT NULL,              -- names, as they were
	channel text NOT NULL,
	version text NOT NULL,
	sequence bigint NOT NULL CHECK (sequence > 0),
	class_id bytea NOT NULL CHECK (octet_length(class_id) = 16), -- of model and channel
	spec json NOT NULL,                 -- components, SBOM, notes, what it supersedes
	provenance json,                    -- of the run that made it; NULL: a person did
	manifest bytea NOT NULL,            -- SUIT, unsigned
	manifest_digest bytea NOT NULL CHECK (octet_length(manifest_digest) = 32),
	json_manifest bytea NOT NULL,
	json_digest bytea NOT NULL CHECK (octet_length(json_digest) = 32),
	created_at timestamptz NOT NULL,
	created_by text NOT NULL,           -- principal
	created_person text,                -- who is behind it, where that is known
	state text NOT NULL DEFAULT 'draft' CHECK (state IN
	    ('draft', 'requested', 'approved', 'signed', 'published', 'recalled')),
	request_id bigint,                  -- that it waits for, or was signed by
	revision bigint NOT NULL DEFAULT 1, -- rises with every step
	UNIQUE (product_id, sequence),
	UNIQUE (product_id, channel, version)
);
CREATE INDEX release_channel ON release (product_id, channel, sequence)
    WHERE state IN ('published', 'recalled');
CREATE INDEX release_request ON release (request_id) WHERE state IN ('requested', 'approved');
CREATE INDEX release_product ON release (product, id);
GRANT SELECT, UPDATE (state, request_id, revision),
    INSERT (product_id, product, channel, version, sequence, class_id, spec, provenance, manifest,
	manifest_digest, json_manifest, json_digest, created_at, created_by, created_person)
    ON release TO signet_server;

CREATE FUNCTION release_goes_one_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF (OLD.state, NEW.state) NOT IN (('draft', 'requested'), ('requested', 'approved'),
	    ('requested', 'draft'), ('approved', 'draft'), ('draft', 'signed'), ('requested', 'signed'),
	    ('approved', 'signed'), ('signed', 'published'), ('signed', 'recalled'),
	    ('published', 'recalled')) OR NEW.revision <> OLD.revision + 1 THEN
		RAISE EXCEPTION 'release % does not go from % to %', OLD.id, OLD.state, NEW.state
		    USING ERRCODE = 'check_violation', CONSTRAINT = 'release_goes_one_way';
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER release_goes_one_way BEFORE UPDATE ON release
    FOR EACH ROW EXECUTE FUNCTION release_goes_one_way();

-- Each step as it happened: with its release the record that its log entry commits to.
CREATE TABLE release_step (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	release_id bigint NOT NULL REFERENCES release (id),
	step text NOT NULL CHECK (step IN
	    ('created', 'requested', 'approved', 'returned', 'signed', 'published', 'recalled')),
	at timestamptz NOT NULL,
	who text NOT NULL,
	person text,                        -- who acted, where that is somebody else than `who`
	request_id bigint,
	digest bytea CHECK (octet_length(digest) = 32) -- of the bundle that was published, of the recall list
);
CREATE INDEX release_step_release ON release_step (release_id, id);
GRANT SELECT, INSERT ON release_step TO signet_server;

-- What was signed by one act.
CREATE TABLE release_signature (
	release_id bigint PRIMARY KEY REFERENCES release (id),
	step_id bigint NOT NULL UNIQUE,     -- whose entry commits to the record
	signed_at timestamptz NOT NULL,
	record bytea NOT NULL,
	chain bytea NOT NULL,               -- certificates (DER) one behind the other, signer first
	suit bytea NOT NULL,
	jws bytea,                          -- NULL: the channel does not ask for it
	cms bytea
);
ALTER TABLE release_signature ALTER COLUMN suit SET STORAGE EXTERNAL,
    ALTER COLUMN record SET STORAGE EXTERNAL, ALTER COLUMN chain SET STORAGE EXTERNAL;
GRANT SELECT, INSERT ON release_signature TO signet_server;

-- What devices fetch: fixed when it is published.
CREATE TABLE release_bundle (
	release_id bigint PRIMARY KEY REFERENCES release (id),
	bytes bytea NOT NULL,
	sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32)
);
ALTER TABLE release_bundle ALTER COLUMN bytes SET STORAGE EXTERNAL;
GRANT SELECT, INSERT ON release_bundle TO signet_server;

CREATE TABLE trust_statement (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	product_id bigint NOT NULL,
	product text NOT NULL,
	version bigint NOT NULL CHECK (version > 0),
	bytes bytea NOT NULL,
	sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
	published_at timestamptz NOT NULL,
	published_by text NOT NULL,
	person text,                        -- who acted, where that is somebody else
	request_id bigint,
	UNIQUE (product_id, version)
);
ALTER TABLE trust_statement ALTER COLUMN bytes SET STORAGE EXTERNAL;
GRANT SELECT, INSERT ON trust_statement TO signet_server;

-- Each statement follows the one before it: none is left out, none slipped in.
CREATE FUNCTION trust_statement_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.version > 1 AND NOT EXISTS (SELECT FROM trust_statement t
	    WHERE t.product_id = NEW.product_id AND t.version = NEW.version - 1) THEN
		RAISE EXCEPTION 'trust statement % of product % has no predecessor', NEW.version, NEW.product_id
		    USING ERRCODE = 'check_violation', CONSTRAINT = 'trust_statement_follows';
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER trust_statement_follows BEFORE INSERT ON trust_statement
    FOR EACH ROW EXECUTE FUNCTION trust_statement_follows();

CREATE TABLE recall_list (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	product_id bigint NOT NULL,
	channel text NOT NULL,
	number bigint NOT NULL CHECK (number > 0),
	previous bigint NOT NULL,           -- number of the list before it, 0: there is none: one line
	step_id bigint NOT NULL UNIQUE,     -- of the recall that made it
	bytes bytea NOT NULL,
	sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
	created_at timestamptz NOT NULL,
	UNIQUE (product_id, channel, number),
	UNIQUE (product_id, channel, previous),
	CHECK (previous >= 0 AND previous < number)
);
ALTER TABLE recall_list ALTER COLUMN bytes SET STORAGE EXTERNAL;
GRANT SELECT, INSERT ON recall_list TO signet_server;

-- A CI run's token: the one release that it is good for, and where the run came from.
ALTER TABLE token ADD COLUMN release_id bigint;
ALTER TABLE token ADD COLUMN provenance json;
GRANT UPDATE (release_id) ON token TO signet_server;
