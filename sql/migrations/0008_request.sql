-- Requests: calls that wait for the approvals that policy asks for, and the verdicts on them.
-- Evidence: no row is deleted; what was asked and what was said about it never changes; a request
-- that has ended stays ended.

CREATE TABLE request (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	created_at timestamptz NOT NULL,
	expires_at timestamptz NOT NULL,
	requester text NOT NULL,                   -- name of a principal
	person text,                               -- who is behind it; NULL: nobody is known
	permissions text[],                        -- what a narrowed token left; NULL: all of the principal's
	token_id bigint,                           -- that made it; not a reference: expired tokens are deleted
	acts text[] NOT NULL,                      -- kinds of acts, and in the same place
	products text[] NOT NULL,                  -- the product that each is about; '': about all or none
	channels text[] NOT NULL,                  -- and the channel; '': likewise
	-- the call
	method text NOT NULL,
	path text NOT NULL,
	query text,
	if_match text,
	if_none_match text,
	content_type text,
	body bytea,
	-- what is approved
	plan bytea NOT NULL CHECK (octet_length(plan) = 32),
	digest bytea NOT NULL CHECK (octet_length(digest) = 32),
	difference json NOT NULL,                  -- what it would change, for people
	policy_version bigint NOT NULL,            -- that it was asked under
	state text NOT NULL DEFAULT 'open'
	    CHECK (state IN ('open', 'rejected', 'withdrawn', 'expired', 'redeemed')),
	closed_at timestamptz,
	closed_by text,
	CHECK ((state = 'open') = (closed_at IS NULL)),
	CHECK (cardinality(acts) > 0 AND cardinality(acts) = cardinality(products)
	    AND cardinality(acts) = cardinality(channels))
);
-- The same call by the same requester, while one is open, is the same request.
CREATE UNIQUE INDEX request_open ON request (requester, coalesce(person, ''), digest)
    WHERE state = 'open';
CREATE INDEX request_expires ON request (expires_at) WHERE state = 'open';
GRANT SELECT, INSERT, UPDATE (state, closed_at, closed_by) ON request TO signet_server;

-- Whoever may write states may still not write them over.
CREATE FUNCTION request_keep_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF OLD.state <> 'open' THEN
		RAISE EXCEPTION 'request % has ended: it is %', OLD.id, OLD.state
		    USING ERRCODE = 'check_violation', CONSTRAINT = 'request_keep_ended';
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER request_keep_ended BEFORE UPDATE ON request
    FOR EACH ROW EXECUTE FUNCTION request_keep_ended();

-- What policy demanded when it was asked. What it demands when it is redeemed comes on top.
CREATE TABLE request_requirement (
	request_id bigint NOT NULL REFERENCES request (id),
	position integer NOT NULL,
	policy text NOT NULL,                      -- approval policy that says so
	act text NOT NULL,
	product text NOT NULL,                     -- '': about all or none
	channel text NOT NULL,
	role text NOT NULL,
	approvals integer NOT NULL CHECK (approvals > 0),
	PRIMARY KEY (request_id, position)
);
GRANT SELECT, INSERT ON request_requirement TO signet_server;

CREATE TABLE approval (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	request_id bigint NOT NULL REFERENCES request (id),
	principal text NOT NULL,
	verdict text NOT NULL CHECK (verdict IN ('approved', 'rejected')),
	at timestamptz NOT NULL,
	digest bytea NOT NULL CHECK (octet_length(digest) = 32), -- that the approver was shown and named
	comment text,
	UNIQUE (request_id, principal)
);
GRANT SELECT, INSERT ON approval TO signet_server;
