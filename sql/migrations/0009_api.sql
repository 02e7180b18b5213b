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

-- ---- lists: what people filter by, found without reading ten million rows ----

-- Of the device, once more: a list of one product's certificates needs no look at each device.
-- 0: no device's.
ALTER TABLE certificate ADD COLUMN product_id bigint NOT NULL DEFAULT 0;
UPDATE certificate c SET product_id = d.product_id FROM device d WHERE d.id = c.device_id;
-- The subject as RFC 4514 text, to find it by; NULL on certificates made before this migration.
ALTER TABLE certificate ADD COLUMN subject_text text;
CREATE INDEX certificate_product ON certificate (product_id, authority_id, id);
CREATE INDEX certificate_product_expiry ON certificate (product_id, not_after, id);
CREATE INDEX certificate_subject ON certificate (subject_text, id) WHERE subject_text IS NOT NULL;
DROP INDEX certificate_not_after;
CREATE INDEX certificate_expiry ON certificate (not_after, id);

CREATE VIEW certificate_named AS
SELECT c.id, c.serial, a.name AS authority, c.device_id, p.name AS product, d.serial AS device_serial,
    f.name AS profile, l.name AS label, c.subject_text, c.key_digest, c.not_before, c.not_after,
    c.issued_at, c.first_used_at, c.renews
FROM certificate c
LEFT JOIN authority a ON a.id = c.authority_id
LEFT JOIN device d ON d.id = c.device_id
LEFT JOIN product p ON p.id = d.product_id
LEFT JOIN profile f ON f.id = c.profile_id
LEFT JOIN label l ON l.id = c.label_id;
GRANT SELECT ON certificate_named TO signet_server;

-- Rises with each change that somebody makes; those of enrollments count in issuances.
ALTER TABLE device ADD COLUMN revision bigint NOT NULL DEFAULT 1;
GRANT UPDATE (revision) ON device TO signet_server;
CREATE INDEX device_product ON device (product_id, state, id);
CREATE INDEX device_by_serial ON device (serial, id);

-- '' stands for strangers, whose product nobody vouches for.
CREATE INDEX enrollment_product ON enrollment (coalesce(product, ''), outcome, id);
CREATE INDEX enrollment_serial ON enrollment (serial, id) WHERE serial IS NOT NULL;
CREATE INDEX enrollment_state ON enrollment (state, id) WHERE state IS NOT NULL;
