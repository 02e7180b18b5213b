-- Revoking all certificates that a selection finds, in batches, by one of all servers at a time.

-- The certificates that a selection finds: those that stand behind `after` and up to `newest`, and end
-- later than `valid_at`. What is NULL is of no matter; the rest is and'ed. One place says it: what is
-- counted beforehand is what is revoked then.
CREATE FUNCTION mass_selection(certificate bigint, device bigint, product bigint, batch text,
    authority bigint, key bytea, algorithm text, issued_after timestamptz, issued_before timestamptz,
    within bigint[], valid_at timestamptz, after bigint, newest bigint)
    RETURNS SETOF certificate LANGUAGE sql STABLE AS $$
	SELECT c.* FROM certificate c
	WHERE c.id > $12 AND c.id <= $13 AND c.not_after > $11
	    AND ($1 IS NULL OR c.id = $1)
	    AND ($2 IS NULL OR c.device_id = $2)
	    AND ($3 IS NULL OR c.product_id = $3)
	    AND ($4 IS NULL OR c.device_id IN (SELECT d.id FROM device d WHERE d.batch = $4))
	    AND ($5 IS NULL OR c.authority_id = $5)
	    -- by the device whose key it is, or among those of no device: by an index
	    AND ($6 IS NULL
		OR c.key_digest = $6 AND c.device_id = (SELECT k.device_id FROM public_key k WHERE k.digest = $6)
		OR c.key_digest = $6 AND c.device_id IS NULL)
	    AND ($7 IS NULL OR c.key_algorithm = $7)
	    AND ($8 IS NULL OR c.issued_at >= $8)
	    AND ($9 IS NULL OR c.issued_at < $9)
	    AND ($10 IS NULL OR c.product_id = ANY ($10))
$$;
REVOKE EXECUTE ON FUNCTION mass_selection(bigint, bigint, bigint, text, bigint, bytea, text, timestamptz,
    timestamptz, bigint[], timestamptz, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mass_selection(bigint, bigint, bigint, text, bigint, bytea, text, timestamptz,
    timestamptz, bigint[], timestamptz, bigint, bigint) TO signet_server;

CREATE TABLE mass_act (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	created_at timestamptz NOT NULL,
	who text NOT NULL,
	person text,                    -- who acted, where that is somebody else than `who`
	request_id bigint,              -- that others approved
	-- what was selected: arguments of mass_selection
	certificate_id bigint,
	device_id bigint,
	product_id bigint,
	batch text,
	authority_id bigint,
	key_digest bytea,
	key_algorithm text,
	issued_after timestamptz,
	issued_before timestamptz,
	within bigint[],                -- products that who made it may act on; NULL: all, and what is of none
	valid_at timestamptz NOT NULL,
	newest bigint NOT NULL,         -- what is issued later is not in it
	selector text NOT NULL,         -- the same as it was said, JSON
	-- what was found and agreed to
	digest bytea NOT NULL CHECK (octet_length(digest) = 32), -- SHA-256 of the certificates' ids
	total bigint NOT NULL,
	products bigint[] NOT NULL,     -- of which they are; 0: of none
	reason smallint NOT NULL CHECK (reason BETWEEN 0 AND 10 AND reason NOT IN (6, 7, 8)),
	invalidity_at timestamptz,
	-- how far it is; written with each batch
	state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'canceled')),
	cursor bigint NOT NULL DEFAULT 0,   -- up to this id all is done
	done bigint NOT NULL DEFAULT 0,     -- certificates that were looked at
	revoked bigint NOT NULL DEFAULT 0,  -- of them, those that it revoked
	ended_at timestamptz,
	ended_by text,
	failure text,
	CHECK ((state = 'running') = (ended_at IS NULL))
);
CREATE INDEX mass_act_running ON mass_act (id) WHERE state = 'running';
GRANT SELECT, INSERT, UPDATE (state, cursor, done, revoked, ended_at, ended_by, failure)
    ON mass_act TO signet_server;
