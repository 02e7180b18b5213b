-- The log's Merkle tree: leaves, tiles and checkpoints of the entries, as the integrator puts them in
-- order (signing/log.h). The server adds; what it has added it can neither change nor delete, but for
-- the state of the tree and its right edge, which grow.

-- An id is taken after the transaction has its own number, so that whoever sees an entry knows: the
-- transactions of all smaller ids are older than any that starts now. The identity is replaced for
-- that; only the columns of an entry can be given.
DO $$
DECLARE
	next bigint;
BEGIN
	SELECT coalesce(max(id), 0) + 1 INTO next FROM log_entry;
	ALTER TABLE log_entry ALTER COLUMN id DROP IDENTITY;
	EXECUTE format('CREATE SEQUENCE log_entry_id_seq OWNED BY log_entry.id START %s', next);
END
$$;
ALTER TABLE log_entry ALTER COLUMN id SET DEFAULT
    CASE WHEN pg_current_xact_id() IS NOT NULL THEN nextval('log_entry_id_seq') END;
REVOKE INSERT ON log_entry FROM signet_server;
GRANT INSERT (at, kind, entry) ON log_entry TO signet_server;
GRANT USAGE ON SEQUENCE log_entry_id_seq TO signet_server;
-- What an entry bundle can hold (C2SP tlog-tiles).
ALTER TABLE log_entry ADD CHECK (octet_length(entry) BETWEEN 1 AND 65535);

-- The salt goes, the tie between entry and row is cut, and it is said when. The owner alone may.
ALTER TABLE log_salt ALTER COLUMN salt DROP NOT NULL;
ALTER TABLE log_salt ADD COLUMN erased_at timestamptz;
ALTER TABLE log_salt ADD CHECK ((salt IS NULL) = (erased_at IS NOT NULL));
REVOKE INSERT ON log_salt FROM signet_server;
GRANT INSERT (entry_id, salt, record_kind, record_id) ON log_salt TO signet_server;

-- A log by its name; the newest row is the one in use. A restored database starts a new one, which
-- names the last checkpoint of the one before.
CREATE TABLE log_origin (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE CHECK (name <> ''),
	vkey text NOT NULL,
	started_at timestamptz NOT NULL DEFAULT now(),
	predecessor_id bigint REFERENCES log_origin (id),
	predecessor text,                          -- its last checkpoint, a signed note
	size bigint NOT NULL DEFAULT 0 CHECK (size >= 0),
	root bytea NOT NULL DEFAULT sha256('') CHECK (octet_length(root) = 32),
	settled bigint NOT NULL DEFAULT 0,         -- no entry of this or a smaller id is still to come
	copied bigint NOT NULL DEFAULT 0,          -- so many leaves of the predecessor stand here, too
	published bigint,                          -- size of the newest checkpoint that may be shown
	CHECK ((predecessor_id IS NULL) = (predecessor IS NULL))
);
GRANT SELECT, UPDATE (size, root, settled, copied, published) ON log_origin TO signet_server;

CREATE FUNCTION log_origin_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.size < OLD.size OR NEW.size = OLD.size AND NEW.root <> OLD.root
	    OR NEW.settled < OLD.settled OR NEW.copied < OLD.copied OR NEW.published < OLD.published THEN
		RAISE EXCEPTION 'a log only grows' USING ERRCODE = 'check_violation';
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER log_origin_grows BEFORE UPDATE ON log_origin
    FOR EACH ROW EXECUTE FUNCTION log_origin_grows();

-- The first log is started by the server that finds none; later ones by the owner (signetd restore).
CREATE FUNCTION log_origin_start(name text, vkey text) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
	INSERT INTO log_origin (name, vkey) SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM log_origin)
	RETURNING id;
END;
REVOKE EXECUTE ON FUNCTION log_origin_start(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log_origin_start(text, text) TO signet_server;

-- No foreign keys: entries cannot be deleted by whom they would keep from it, and the checks would
-- cost more than the leaves. That none is missing is what the log itself proves.
CREATE TABLE log_leaf (
	origin_id bigint NOT NULL,
	index bigint NOT NULL CHECK (index >= 0),
	entry_id bigint NOT NULL,
	PRIMARY KEY (origin_id, index),
	UNIQUE (origin_id, entry_id)               -- each entry once
);
GRANT SELECT, INSERT ON log_leaf TO signet_server;

-- Full tiles (256 hashes) and full entry bundles (level -1): they never change.
CREATE TABLE log_tile (
	origin_id bigint NOT NULL,
	level smallint NOT NULL CHECK (level BETWEEN -1 AND 7),
	index bigint NOT NULL CHECK (index >= 0),
	bytes bytea NOT NULL CHECK (level = -1 OR octet_length(bytes) = 8192),
	PRIMARY KEY (origin_id, level, index)
);
ALTER TABLE log_tile ALTER COLUMN bytes SET STORAGE EXTERNAL;
GRANT SELECT, INSERT ON log_tile TO signet_server;

-- The right edge: the tile of each level that is not full. One that has filled up since stays until
-- the next one begins.
CREATE TABLE log_edge (
	origin_id bigint NOT NULL,
	level smallint NOT NULL CHECK (level BETWEEN -1 AND 7),
	index bigint NOT NULL,
	width smallint NOT NULL CHECK (width BETWEEN 1 AND 255),
	bytes bytea NOT NULL CHECK (level = -1 OR octet_length(bytes) = width * 32),
	PRIMARY KEY (origin_id, level)
);
ALTER TABLE log_edge ALTER COLUMN bytes SET STORAGE EXTERNAL;
GRANT SELECT, INSERT, UPDATE (index, width, bytes) ON log_edge TO signet_server;

-- Signed tree heads, of committed trees alone.
CREATE TABLE log_checkpoint (
	origin_id bigint NOT NULL,
	size bigint NOT NULL CHECK (size >= 0),
	root bytea NOT NULL CHECK (octet_length(root) = 32),
	note text NOT NULL,                        -- C2SP signed note, our signature alone
	at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (origin_id, size)
);
GRANT SELECT, INSERT (origin_id, size, root, note) ON log_checkpoint TO signet_server;

-- What witnesses said of them (C2SP tlog-cosignature): one line of a note each.
CREATE TABLE log_cosignature (
	origin_id bigint NOT NULL,
	size bigint NOT NULL,
	witness text NOT NULL,                     -- its vkey
	line text NOT NULL,
	at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (origin_id, size, witness),
	FOREIGN KEY (origin_id, size) REFERENCES log_checkpoint (origin_id, size)
);
GRANT SELECT, INSERT (origin_id, size, witness, line) ON log_cosignature TO signet_server;

-- How far each witness has come, and when it may be asked again.
CREATE TABLE log_witness (
	origin_id bigint NOT NULL,
	witness text NOT NULL,                     -- its vkey
	size bigint NOT NULL DEFAULT 0,            -- of the last checkpoint that it signed
	claimed_until timestamptz NOT NULL,        -- one node asks at a time
	failures integer NOT NULL DEFAULT 0,       -- in a row
	trouble text,                              -- the last one
	PRIMARY KEY (origin_id, witness)
);
GRANT SELECT, INSERT, UPDATE (size, claimed_until, failures, trouble) ON log_witness TO signet_server;

-- Five a second under load: of those older than a day one an hour is kept, and every one that a
-- witness has signed.
CREATE FUNCTION log_checkpoint_thin() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
	WITH gone AS (
		DELETE FROM log_checkpoint c
		WHERE c.at < now() - interval '1 day'
		    AND EXISTS (SELECT FROM log_checkpoint n WHERE n.origin_id = c.origin_id
			AND n.size > c.size AND date_trunc('hour', n.at) = date_trunc('hour', c.at))
		    AND NOT EXISTS (SELECT FROM log_cosignature s
			WHERE s.origin_id = c.origin_id AND s.size = c.size)
		RETURNING 1
	)
	SELECT count(*) FROM gone;
END;
REVOKE EXECUTE ON FUNCTION log_checkpoint_thin() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log_checkpoint_thin() TO signet_server;
