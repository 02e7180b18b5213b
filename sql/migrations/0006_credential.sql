-- Credentials: the keys of Signet's own services, tokens, and what was exchanged for one.

-- Keys that are no authority's. Retired rows stay: what they signed may still be good.
CREATE TABLE service_key (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	purpose text NOT NULL CHECK (purpose IN ('token', 'log')),
	key_uri text NOT NULL,
	spki bytea NOT NULL UNIQUE,
	issuer text,                               -- of tokens: who they say issued them
	created_at timestamptz NOT NULL,
	retired_at timestamptz,
	CHECK ((issuer IS NOT NULL) = (purpose = 'token'))
);
CREATE UNIQUE INDEX service_key_current ON service_key (purpose) WHERE retired_at IS NULL;
GRANT SELECT, INSERT, UPDATE (retired_at) ON service_key TO signet_server;

-- Every token of our own that was ever made. The token itself is not kept.
CREATE TABLE token (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	jti bytea NOT NULL UNIQUE CHECK (octet_length(jti) = 32), -- SHA-256 of the token's jti
	principal text NOT NULL,
	person text,                               -- who stands behind a CI's run; NULL: nobody else
	created_by text NOT NULL,
	parent_id bigint REFERENCES token (id),    -- the token that asked for it
	created_at timestamptz NOT NULL,
	expires_at timestamptz NOT NULL,
	revoked_at timestamptz,
	revoked_by text,
	permissions text[],                        -- NULL: all that the principal has
	one_request boolean NOT NULL DEFAULT false,
	request_id bigint,                         -- that request, once it is made
	CHECK (expires_at > created_at),
	CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE INDEX token_principal ON token (principal, id DESC);
CREATE INDEX token_parent ON token (parent_id) WHERE parent_id IS NOT NULL;
GRANT SELECT, INSERT, UPDATE (revoked_at, revoked_by, request_id) ON token TO signet_server;

-- Tokens of others that were exchanged: each is good once, until it would have ended anyway.
CREATE TABLE spent_token (
	digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32), -- SHA-256 of issuer and jti
	token_digest bytea NOT NULL CHECK (octet_length(token_digest) = 32), -- of the whole token
	retry_digest bytea CHECK (octet_length(retry_digest) = 32), -- of its Idempotency-Key; NULL: none
	token_id bigint NOT NULL REFERENCES token (id),
	jti text NOT NULL,                         -- of our token: a retry is given the same
	expires_at timestamptz NOT NULL            -- of theirs, with the clock skew allowed for
);
CREATE INDEX spent_token_expires ON spent_token (expires_at);
GRANT SELECT, INSERT ON spent_token TO signet_server;

-- The server deletes what has ended, nothing else.
CREATE FUNCTION spent_token_purge(now timestamptz) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
	WITH gone AS (DELETE FROM spent_token WHERE expires_at < now RETURNING 1)
	SELECT count(*) FROM gone;
END;
REVOKE EXECUTE ON FUNCTION spent_token_purge(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION spent_token_purge(timestamptz) TO signet_server;

-- Keys of operators' client certificates: no device's and no server's.
ALTER TABLE public_key DROP CONSTRAINT public_key_kind_check;
ALTER TABLE public_key ADD CONSTRAINT public_key_kind_check
    CHECK (kind IN ('idevid', 'ldevid', 'server', 'operator'));
