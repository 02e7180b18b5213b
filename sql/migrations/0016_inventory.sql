-- The inventory at ten million certificates: counts that nobody has to count, more to search by, and an
-- archive for what has long expired.

-- ---- counts ----

-- How many there are, all told. What is counted of certificates: 'issued' (ever), 'revoked', 'held' (in
-- force now), 'archived'; of devices: their states. authority_id is 0 of devices, product_id 0 of what is
-- no device's.
CREATE TABLE statistic (
	kind text NOT NULL CHECK (kind IN ('certificate', 'device')),
	authority_id bigint NOT NULL,
	product_id bigint NOT NULL,
	state text NOT NULL,
	count bigint NOT NULL,
	PRIMARY KEY (kind, authority_id, product_id, state)
);
GRANT SELECT ON statistic TO signet_server;

-- What has changed since the counts were last put together, a row for each statement that changed
-- something. Rows are only added, so that nobody who issues waits for somebody else who does.
CREATE TABLE statistic_change (
	kind text NOT NULL,
	authority_id bigint NOT NULL,
	product_id bigint NOT NULL,
	state text NOT NULL,
	change bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
GRANT SELECT, INSERT ON statistic_change TO signet_server;

-- The counts as they are now, whatever has been put together already.
CREATE VIEW statistic_now AS
SELECT kind, authority_id, product_id, state, sum(n)::bigint AS count
FROM (
	SELECT kind, authority_id, product_id, state, count AS n FROM statistic
	UNION ALL
	SELECT kind, authority_id, product_id, state, change FROM statistic_change
) x
GROUP BY kind, authority_id, product_id, state;
GRANT SELECT ON statistic_now TO signet_server;

CREATE FUNCTION statistic_fold() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
	WITH gone AS (
		DELETE FROM statistic_change RETURNING kind, authority_id, product_id, state, change
	), folded AS (
		INSERT INTO statistic (kind, authority_id, product_id, state, count)
		SELECT kind, authority_id, product_id, state, sum(change) FROM gone
		GROUP BY kind, authority_id, product_id, state
		ORDER BY kind, authority_id, product_id, state -- who folds at the same time locks in one order
		ON CONFLICT (kind, authority_id, product_id, state)
		    DO UPDATE SET count = statistic.count + excluded.count
	)
	SELECT count(*) FROM gone;
END;
REVOKE EXECUTE ON FUNCTION statistic_fold() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION statistic_fold() TO signet_server;

-- ---- archive ----

-- What stays of a certificate that expired long ago: all but its DER, of which the digest stays. The
-- columns are those that its log entry commits to beside the DER, so that whoever has the DER can still
-- prove it.
CREATE TABLE certificate_archive_batch (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL,
	count bigint NOT NULL CHECK (count > 0)
);
GRANT SELECT, INSERT ON certificate_archive_batch TO signet_server;

CREATE TABLE certificate_archive (
	id bigint PRIMARY KEY,                     -- that it had as a certificate
	batch_id bigint NOT NULL,                  -- whose log entry commits to it
	authority_id bigint NOT NULL,
	serial bytea NOT NULL,
	device_id bigint,
	product_id bigint NOT NULL,
	profile_id bigint,
	label_id bigint,
	key_digest bytea NOT NULL,
	key_algorithm text,
	subject_text text,
	not_before timestamptz NOT NULL,
	not_after timestamptz NOT NULL,
	der_digest bytea NOT NULL CHECK (octet_length(der_digest) = 32), -- SHA-256
	renews bigint,
	issued_at timestamptz NOT NULL,
	first_used_at timestamptz,
	shard integer NOT NULL,
	person text,
	token_id bigint,
	CONSTRAINT certificate_archive_serial UNIQUE (authority_id, serial)
);
CREATE INDEX certificate_archive_batch_rows ON certificate_archive (batch_id, id);
CREATE INDEX certificate_archive_device ON certificate_archive (device_id, id DESC) WHERE device_id IS NOT NULL;
GRANT SELECT ON certificate_archive TO signet_server;

-- The server may delete no certificate but through this door, and none that its authority's document does
-- not give away: archive_after seconds past its end, by the database's clock; and not while a label still
-- lets it be renewed. Those that may not go, and those that are gone already, are left out.
CREATE FUNCTION certificate_archive_move(batch bigint, ids bigint[]) RETURNS SETOF bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
	WITH gone AS (
		DELETE FROM certificate c USING authority a
		WHERE c.id = ANY (ids) AND a.id = c.authority_id
		    AND (a.spec ->> 'archive_after') IS NOT NULL
		    AND c.not_after < now() - greatest((a.spec ->> 'archive_after')::bigint,
			(SELECT max((l.spec ->> 'renew_grace')::bigint) FROM label l)) * interval '1 second'
		RETURNING c.*
	)
	INSERT INTO certificate_archive (id, batch_id, authority_id, serial, device_id, product_id,
	    profile_id, label_id, key_digest, key_algorithm, subject_text, not_before, not_after,
	    der_digest, renews, issued_at, first_used_at, shard, person, token_id)
	SELECT id, batch, authority_id, serial, device_id, product_id, profile_id, label_id, key_digest,
	    key_algorithm, subject_text, not_before, not_after, sha256(der), renews, issued_at,
	    first_used_at, shard, person, token_id
	FROM gone
	RETURNING id;
END;
REVOKE EXECUTE ON FUNCTION certificate_archive_move(bigint, bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION certificate_archive_move(bigint, bigint[]) TO signet_server;

-- ---- what keeps the counts ----

-- Counted by statement: ten thousand rows of one import are one row of change.
CREATE FUNCTION statistic_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO statistic_change (kind, authority_id, product_id, state, change)
	SELECT 'certificate', authority_id, product_id, 'issued', count(*) FROM fresh
	GROUP BY authority_id, product_id;
	RETURN NULL;
END
$$;
CREATE TRIGGER statistic_issued AFTER INSERT ON certificate REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION statistic_issued();

CREATE FUNCTION statistic_archived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO statistic_change (kind, authority_id, product_id, state, change)
	SELECT 'certificate', authority_id, product_id, 'archived', count(*) FROM fresh
	GROUP BY authority_id, product_id;
	RETURN NULL;
END
$$;
CREATE TRIGGER statistic_archived AFTER INSERT ON certificate_archive REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION statistic_archived();

-- Of whose product a certificate is, wherever it stands.
CREATE FUNCTION certificate_product(certificate bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT coalesce((SELECT c.product_id FROM certificate c WHERE c.id = $1),
	    (SELECT c.product_id FROM certificate_archive c WHERE c.id = $1), 0)
$$;

-- 'revoked', 'held', or NULL: good again.
CREATE FUNCTION revocation_state(reason smallint, resumed_at timestamptz) RETURNS text
    LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN $2 IS NULL THEN CASE WHEN $1 = 6 THEN 'held' ELSE 'revoked' END END
$$;

CREATE FUNCTION statistic_revoked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO statistic_change (kind, authority_id, product_id, state, change)
	SELECT 'certificate', authority_id, certificate_product(certificate_id),
	    revocation_state(reason, resumed_at), count(*)
	FROM fresh WHERE resumed_at IS NULL
	GROUP BY 2, 3, 4;
	RETURN NULL;
END
$$;
CREATE TRIGGER statistic_revoked AFTER INSERT ON revocation REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION statistic_revoked();

CREATE FUNCTION statistic_status_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO statistic_change (kind, authority_id, product_id, state, change)
	SELECT 'certificate', authority_id, certificate_product(certificate_id), state, sum(n)
	FROM (
		SELECT authority_id, certificate_id, revocation_state(reason, resumed_at) AS state, 1 AS n
		FROM fresh
		UNION ALL
		SELECT authority_id, certificate_id, revocation_state(reason, resumed_at), -1 FROM stale
	) x
	WHERE state IS NOT NULL
	GROUP BY 2, 3, 4
	HAVING sum(n) <> 0;
	RETURN NULL;
END
$$;
CREATE TRIGGER statistic_status_moved AFTER UPDATE ON revocation
    REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION statistic_status_moved();

CREATE FUNCTION statistic_device_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO statistic_change (kind, authority_id, product_id, state, change)
	SELECT 'device', 0, product_id, state, count(*) FROM fresh GROUP BY product_id, state;
	RETURN NULL;
END
$$;
CREATE TRIGGER statistic_device_made AFTER INSERT ON device REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION statistic_device_made();

-- By row: a renewal writes the device's row too, and changes no state.
CREATE FUNCTION statistic_device_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO statistic_change (kind, authority_id, product_id, state, change)
	VALUES ('device', 0, OLD.product_id, OLD.state, -1), ('device', 0, NEW.product_id, NEW.state, 1);
	RETURN NULL;
END
$$;
CREATE TRIGGER statistic_device_moved AFTER UPDATE OF state ON device
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION statistic_device_moved();

-- The same by counting: what is there is counted once, now, and again whenever somebody asks whether the
-- counts are right (signetd statistics).
CREATE VIEW statistic_counted AS
SELECT 'certificate'::text AS kind, authority_id, product_id, 'issued'::text AS state, sum(n)::bigint AS count
FROM (
	SELECT authority_id, product_id, count(*) AS n FROM certificate GROUP BY 1, 2
	UNION ALL
	SELECT authority_id, product_id, count(*) FROM certificate_archive GROUP BY 1, 2
) issued
GROUP BY authority_id, product_id
UNION ALL
SELECT 'certificate', authority_id, product_id, 'archived', count(*)
FROM certificate_archive GROUP BY authority_id, product_id
UNION ALL
SELECT 'certificate', r.authority_id, coalesce(c.product_id, a.product_id, 0),
    revocation_state(r.reason, NULL), count(*)
FROM revocation r
LEFT JOIN certificate c ON c.id = r.certificate_id
LEFT JOIN certificate_archive a ON a.id = r.certificate_id
WHERE r.resumed_at IS NULL
GROUP BY 2, 3, 4
UNION ALL
SELECT 'device', 0, product_id, state, count(*) FROM device GROUP BY product_id, state;
GRANT SELECT ON statistic_counted TO signet_server;

INSERT INTO statistic (kind, authority_id, product_id, state, count)
SELECT kind, authority_id, product_id, state, count FROM statistic_counted;

-- ---- searching ----

CREATE INDEX certificate_label ON certificate (label_id, (-id)) WHERE label_id IS NOT NULL;
CREATE INDEX revocation_held ON revocation (certificate_id) WHERE reason = 6 AND resumed_at IS NULL;
CREATE INDEX revocation_revoked ON revocation (certificate_id) WHERE reason <> 6;
-- Rows arrive in the order of time.
CREATE INDEX device_created_at ON device USING brin (created_at);
CREATE INDEX device_enrolled ON device (first_enrolled_at, id) WHERE first_enrolled_at IS NOT NULL;
