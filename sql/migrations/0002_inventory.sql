-- Inventory: devices, their keys and certificates, every attempt to enroll, alarms,
-- and what manufacturers have revoked.
-- References to policy tables carry no foreign key: their rows are never deleted, and
-- the key-share lock of such a check on one hot row would serialise all issuing.

CREATE TABLE device (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	product_id bigint NOT NULL,
	serial text NOT NULL CHECK (serial <> ''),  -- as normalised by the trust anchor
	state text NOT NULL DEFAULT 'made'
	    CHECK (state IN ('made', 'claimed', 'enrolled', 'suspended', 'retired')),
	idevid_key bytea CHECK (octet_length(idevid_key) = 32), -- SHA-256 of its SPKI; NULL until first seen
	idevid_certificate bytea CHECK (octet_length(idevid_certificate) = 32),
	created_at timestamptz NOT NULL DEFAULT now(),
	first_enrolled_at timestamptz,
	CONSTRAINT device_serial UNIQUE (product_id, serial)
);
GRANT SELECT, INSERT, UPDATE (state, idevid_key, idevid_certificate, first_enrolled_at)
    ON device TO signet_server;

-- Every key that was ever certified or presented: whose it is, and whether it may be used.
CREATE TABLE public_key (
	digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32), -- SHA-256 of the SPKI
	device_id bigint REFERENCES device (id),                     -- NULL: a server's
	kind text NOT NULL CHECK (kind IN ('idevid', 'ldevid', 'server')),
	first_seen_at timestamptz NOT NULL DEFAULT now(),
	compromised_at timestamptz
);
CREATE INDEX public_key_device ON public_key (device_id);
GRANT SELECT, INSERT, UPDATE (compromised_at) ON public_key TO signet_server;

-- Ten million rows and more. Unique across the whole table by authority and serial number,
-- so it can never be partitioned by time.
CREATE TABLE certificate (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	authority_id bigint NOT NULL,
	serial bytea NOT NULL CHECK (octet_length(serial) BETWEEN 1 AND 20),
	device_id bigint REFERENCES device (id),  -- NULL: a server's
	profile_id bigint,                        -- NULL: made by init
	label_id bigint,                          -- NULL: not by EST
	key_digest bytea NOT NULL CHECK (octet_length(key_digest) = 32),
	subject bytea NOT NULL,
	not_before timestamptz NOT NULL,
	not_after timestamptz NOT NULL,
	der bytea NOT NULL,
	renews bigint,                            -- the certificate that it takes over from
	issued_at timestamptz NOT NULL DEFAULT now(),
	first_used_at timestamptz,                -- NULL: pending, not yet seen in use
	CONSTRAINT certificate_serial UNIQUE (authority_id, serial)
);
-- DER is random bytes: compressing it costs time and saves nothing.
ALTER TABLE certificate ALTER COLUMN der SET STORAGE EXTERNAL;
CREATE INDEX certificate_device ON certificate (device_id, id DESC) WHERE device_id IS NOT NULL;
CREATE INDEX certificate_server ON certificate (key_digest) WHERE device_id IS NULL;
CREATE INDEX certificate_not_after ON certificate (not_after);
-- Rows arrive in the order of time: a few kilobytes serve a range.
CREATE INDEX certificate_issued_at ON certificate USING brin (issued_at);
GRANT SELECT, INSERT, UPDATE (first_used_at) ON certificate TO signet_server;

-- One row per attempt. It explains itself: nothing else is needed to say why.
CREATE TABLE enrollment (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL DEFAULT now(),
	label text NOT NULL,
	operation text NOT NULL CHECK (operation IN ('enroll', 'reenroll')),
	outcome text NOT NULL
	    CHECK (outcome IN ('issued', 'resent', 'pending', 'refused', 'failed')),
	reason_code text,
	rule text,
	message text,
	advice text,
	device_id bigint REFERENCES device (id),
	product text,
	serial text,
	key_digest bytea,
	idevid_digest bytea,
	certificate_id bigint,
	peer_address text NOT NULL,
	request_id text NOT NULL,
	stranger boolean NOT NULL,        -- no anchor vouched for it: bounded and expiring
	-- of those that wait for somebody
	state text CHECK (state IN ('open', 'approved', 'rejected', 'expired', 'redeemed')),
	expires_at timestamptz,
	decided_by text,
	decided_at timestamptz,
	CHECK ((outcome = 'pending') = (state IS NOT NULL))
);
CREATE INDEX enrollment_device ON enrollment (device_id, id DESC) WHERE device_id IS NOT NULL;
CREATE INDEX enrollment_at ON enrollment USING brin (at);
-- A repeated request finds the one that waits, or what became of it. No device row is needed:
-- who merely waits is not yet a device of ours.
CREATE UNIQUE INDEX enrollment_pending ON enrollment (label, product, serial, key_digest)
    WHERE state IN ('open', 'approved', 'rejected', 'redeemed');
CREATE INDEX enrollment_expires ON enrollment (expires_at) WHERE state IN ('open', 'approved');
CREATE INDEX enrollment_stranger ON enrollment (id) WHERE stranger;
GRANT SELECT, INSERT, UPDATE (at, certificate_id, message, state, expires_at, decided_by, decided_at,
    idevid_digest, peer_address, request_id) ON enrollment TO signet_server;

-- Ends a statement whose premises no longer hold, and undoes all that it did.
CREATE FUNCTION lost_race() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	RAISE EXCEPTION 'what was judged has changed' USING ERRCODE = 'serialization_failure';
END
$$;

-- Strangers cannot fill a disk: their rows are bounded by count and age. The server may
-- delete no enrollment but through this door.
CREATE FUNCTION enrollment_purge_strangers(keep bigint, older_than timestamptz) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
	WITH oldest AS (
		SELECT coalesce((SELECT id FROM enrollment WHERE stranger
		    ORDER BY id DESC OFFSET greatest(keep, 0) LIMIT 1), 0) AS id
	), gone AS (
		DELETE FROM enrollment e USING oldest o
		WHERE e.stranger AND (e.id <= o.id OR e.at < older_than)
		RETURNING 1
	)
	SELECT count(*) FROM gone;
END;
REVOKE EXECUTE ON FUNCTION enrollment_purge_strangers(bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enrollment_purge_strangers(bigint, timestamptz) TO signet_server;

CREATE TABLE alarm (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL DEFAULT now(),
	kind text NOT NULL,               -- 'clone', 'lint', ...
	device_id bigint REFERENCES device (id),
	enrollment_id bigint,
	detail text NOT NULL
);
CREATE INDEX alarm_device ON alarm (device_id) WHERE device_id IS NOT NULL;
GRANT SELECT, INSERT ON alarm TO signet_server;

-- Manufacturers' revocation lists: the newest of each issuer, and what they revoke.
CREATE TABLE trust_crl (
	issuer bytea PRIMARY KEY CHECK (octet_length(issuer) = 32), -- SHA-256 of Name DER and SPKI DER
	anchor_id bigint NOT NULL,
	number bigint NOT NULL,
	this_update timestamptz NOT NULL,
	next_update timestamptz NOT NULL,
	der bytea NOT NULL,
	imported_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON trust_crl TO signet_server;

CREATE TABLE trust_revoked (
	issuer bytea NOT NULL CHECK (octet_length(issuer) = 32),
	serial bytea NOT NULL,            -- as in DER, without leading zero octets
	revoked_at timestamptz NOT NULL,
	PRIMARY KEY (issuer, serial)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON trust_revoked TO signet_server;
