-- What is no longer good. A certificate without a row in force is good, so that ten million good ones
-- cost nothing.

-- Which of its authority's revocation lists speaks of it: fixed at issuance, since the certificate names it.
ALTER TABLE certificate ADD COLUMN shard integer NOT NULL DEFAULT 0 CHECK (shard >= 0);
-- Of its key, by our name for it; NULL on certificates made before this migration.
ALTER TABLE certificate ADD COLUMN key_algorithm text;

-- A production batch or a delivery; NULL: none.
ALTER TABLE device ADD COLUMN batch text CHECK (batch <> '');
CREATE INDEX device_batch ON device (batch, (-id)) WHERE batch IS NOT NULL;
GRANT UPDATE (batch) ON device TO signet_server;

-- How far the events of a shard have come, and its lists. Who writes events holds these rows, in order of
-- (authority_id, shard), so that sequence is the order of commits: who has seen N has seen all up to N.
CREATE TABLE crl_shard (
	authority_id bigint NOT NULL,
	shard integer NOT NULL CHECK (shard >= 0),
	sequence bigint NOT NULL DEFAULT 0, -- of the newest event
	number bigint NOT NULL DEFAULT 0,   -- cRLNumber of the newest list, full or delta: one line
	PRIMARY KEY (authority_id, shard)
);
GRANT SELECT, INSERT, UPDATE (sequence, number) ON crl_shard TO signet_server;

-- Each event as it happened: the record that its log entry commits to.
CREATE TABLE status_change (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	certificate_id bigint NOT NULL,
	authority_id bigint NOT NULL,
	serial bytea NOT NULL CHECK (octet_length(serial) BETWEEN 1 AND 20),
	change text NOT NULL CHECK (change IN ('revoked', 'held', 'resumed')),
	reason smallint NOT NULL CHECK (reason BETWEEN 0 AND 10 AND reason <> 7), -- RFC 5280 5.3.1
	at timestamptz NOT NULL,
	invalidity_at timestamptz,
	who text NOT NULL,
	person text,                        -- who acted, where that is somebody else than `who`
	request_id bigint,                  -- that others approved
	mass_act_id bigint,
	sequence bigint NOT NULL,           -- of its authority and shard
	CHECK ((change = 'held') = (reason = 6) AND (change = 'resumed') = (reason = 8))
);
CREATE INDEX status_change_certificate ON status_change (certificate_id, id);
CREATE INDEX status_change_mass_act ON status_change (mass_act_id, id) WHERE mass_act_id IS NOT NULL;
GRANT SELECT, INSERT ON status_change TO signet_server;

-- What is in force, and holds that were lifted.
CREATE TABLE revocation (
	authority_id bigint NOT NULL,
	serial bytea NOT NULL CHECK (octet_length(serial) BETWEEN 1 AND 20),
	certificate_id bigint NOT NULL,
	shard integer NOT NULL,
	reason smallint NOT NULL CHECK (reason BETWEEN 0 AND 10 AND reason NOT IN (7, 8)),
	revoked_at timestamptz NOT NULL,    -- or held: it stays when a hold becomes a revocation
	invalidity_at timestamptz,
	not_after timestamptz NOT NULL,     -- of the certificate
	sequence bigint NOT NULL,           -- of its newest event
	resumed_at timestamptz,             -- NULL: in force
	PRIMARY KEY (authority_id, serial),
	CHECK (resumed_at IS NULL OR reason = 6)
);
CREATE INDEX revocation_shard ON revocation (authority_id, shard, sequence);
CREATE UNIQUE INDEX revocation_certificate ON revocation (certificate_id);
GRANT SELECT, INSERT, UPDATE (reason, revoked_at, invalidity_at, sequence, resumed_at) ON revocation TO signet_server;

-- Revoked for good is for good, whoever asks.
CREATE FUNCTION revocation_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF OLD.reason <> 6 AND NEW.reason NOT IN (OLD.reason, 1) THEN
		RAISE EXCEPTION 'certificate % is revoked for good', OLD.certificate_id USING ERRCODE = 'check_violation';
	END IF;
	IF NEW.sequence < OLD.sequence THEN
		RAISE EXCEPTION 'events of certificate % have an order', OLD.certificate_id USING ERRCODE = 'check_violation';
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER revocation_stays BEFORE UPDATE ON revocation FOR EACH ROW EXECUTE FUNCTION revocation_stays();
