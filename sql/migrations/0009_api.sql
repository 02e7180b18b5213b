-- The API: calls that were refused, and what was answered to an Idempotency-Key.

-- Why a call was refused: all that is needed to explain it. Bounded by count and age: strangers
-- cannot fill a disk.
CREATE TABLE refused_call (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL,
	principal text,                            -- NULL: nobody known
	method text NOT NULL,
	path text NOT NULL,                        -- without the query
	status integer NOT NULL,
	code text NOT NULL,
	rule text,
	message text NOT NULL,
	advice text,
	cause text,                                -- what the caller was not told
	peer text NOT NULL,
	request_id text NOT NULL
);
CREATE INDEX refused_call_principal ON refused_call (principal, id DESC) WHERE principal IS NOT NULL;
CREATE INDEX refused_call_code ON refused_call (code, id DESC);
CREATE INDEX refused_call_anonymous ON refused_call (id) WHERE principal IS NULL;
CREATE INDEX refused_call_at ON refused_call USING brin (at);
GRANT SELECT, INSERT ON refused_call TO signet_server;

-- Of those whose caller is known, and of the others: keep the newest so many, none made before.
CREATE FUNCTION refused_call_purge(known boolean, keep bigint, older_than timestamptz) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
	WITH oldest AS (
		SELECT coalesce((SELECT id FROM refused_call WHERE (principal IS NOT NULL) = known
		    ORDER BY id DESC OFFSET greatest(keep, 0) LIMIT 1), 0) AS id
	), gone AS (
		DELETE FROM refused_call r USING oldest o
		WHERE (r.principal IS NOT NULL) = known AND (r.id <= o.id OR r.at < older_than)
		RETURNING 1
	)
	SELECT count(*) FROM gone;
END;
REVOKE EXECUTE ON FUNCTION refused_call_purge(boolean, bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION refused_call_purge(boolean, bigint, timestamptz) TO signet_server;

-- Written in the transaction of the act: the answer is there when the act is.
CREATE TABLE idempotency (
	principal text NOT NULL,
	key text NOT NULL,
	digest bytea NOT NULL CHECK (octet_length(digest) = 32), -- of the call: method, path, query, body
	at timestamptz NOT NULL,
	status integer,                            -- NULL within the transaction alone
	content_type text,
	location text,
	etag text,
	body bytea,                                -- NULL: a secret, kept nowhere
	PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_at ON idempotency (at);
GRANT SELECT, INSERT, UPDATE ON idempotency TO signet_server;

CREATE FUNCTION idempotency_purge(older_than timestamptz) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
	WITH gone AS (DELETE FROM idempotency WHERE at < older_than RETURNING 1)
	SELECT count(*) FROM gone;
END;
REVOKE EXECUTE ON FUNCTION idempotency_purge(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION idempotency_purge(timestamptz) TO signet_server;
