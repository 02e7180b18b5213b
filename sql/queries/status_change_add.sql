-- Events of many certificates with all that belongs to each: its log entry, what is in force, how far
-- its shard has come, and that its key is compromised. Nothing is matched by the order of rows: an entry
-- is told from the others by its salted commitment.
-- $1 certificates, each once, $2 their events' sequences, $3 since when not valid (seconds since 1970; 0:
-- not said), $4 log entries, $5 their salts, $6 change, $7 reason, $8 what stands in force by it,
-- $9 resumed at, $10 at, $11 who, $12 person, $13 request, $14 mass act, $15 device, $16 log kind,
-- $17 is the key compromised
WITH event AS MATERIALIZED (
	SELECT c.id AS certificate_id, c.authority_id, c.serial, c.shard, c.not_after, c.key_digest,
	    c.device_id AS owner_id, e.sequence, to_timestamp(nullif(e.invalidity, 0)) AS invalidity_at,
	    e.entry, e.salt
	FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bytea[])
	    AS e (certificate_id, sequence, invalidity, entry, salt)
	JOIN certificate c ON c.id = e.certificate_id
), changed AS (
	INSERT INTO status_change (certificate_id, authority_id, serial, change, reason, at, invalidity_at,
	    who, person, request_id, mass_act_id, device_id, sequence)
	SELECT certificate_id, authority_id, serial, $6::text, $7::integer, $10::timestamptz, invalidity_at,
	    $11::text, $12::text, $13::bigint, $14::bigint, $15::bigint, sequence
	FROM event
	RETURNING id, certificate_id
), logged AS (
	INSERT INTO log_entry (at, kind, entry)
	SELECT $10::timestamptz, $16::text, entry FROM event
	RETURNING id, entry
), salted AS (
	INSERT INTO log_salt (entry_id, salt, record_kind, record_id)
	SELECT l.id, e.salt, 'status-change', c.id
	FROM event e
	JOIN logged l ON l.entry = e.entry
	JOIN changed c ON c.certificate_id = e.certificate_id
	RETURNING entry_id
), stands AS (
	INSERT INTO revocation AS r (authority_id, serial, certificate_id, shard, reason, revoked_at,
	    invalidity_at, not_after, sequence, resumed_at, device_id)
	SELECT authority_id, serial, certificate_id, shard, $8::integer, $10::timestamptz, invalidity_at,
	    not_after, sequence, $9::timestamptz, $15::bigint
	FROM event
	ON CONFLICT (authority_id, serial) DO UPDATE SET
	    reason = EXCLUDED.reason, invalidity_at = EXCLUDED.invalidity_at,
	    sequence = EXCLUDED.sequence, resumed_at = EXCLUDED.resumed_at, device_id = EXCLUDED.device_id,
	    -- since the hold, where it was one
	    revoked_at = CASE WHEN r.resumed_at IS NULL THEN r.revoked_at ELSE EXCLUDED.revoked_at END
), shards AS (
	UPDATE crl_shard s SET sequence = m.sequence
	FROM (
		SELECT authority_id, shard, max(sequence) AS sequence FROM event GROUP BY authority_id, shard
	) m
	WHERE s.authority_id = m.authority_id AND s.shard = m.shard
), keys AS (
	INSERT INTO public_key AS k (digest, device_id, kind, first_seen_at, compromised_at)
	SELECT DISTINCT ON (key_digest) key_digest, owner_id,
	    CASE WHEN owner_id IS NULL THEN 'server' ELSE 'ldevid' END, $10::timestamptz, $10::timestamptz
	FROM event WHERE $17::boolean
	ORDER BY key_digest
	ON CONFLICT (digest) DO UPDATE SET compromised_at = EXCLUDED.compromised_at
	WHERE k.compromised_at IS NULL
)
SELECT count(*) FROM salted
