-- Bounds on what one device, or one manufacturer, can make this store keep.

-- Rises with each certificate of the device. Who judged by an older number lost a race: of two
-- requests at once, on whatever nodes, one is issued and the other looks again.
ALTER TABLE device ADD COLUMN issuances bigint NOT NULL DEFAULT 0;
GRANT UPDATE (issuances) ON device TO signet_server;

-- How many wait already, by label, product and device?
CREATE INDEX enrollment_open ON enrollment (label, product, serial) WHERE state = 'open';

-- Attempts that changed nothing, of devices that an anchor vouches for. Issued, decided and
-- waiting ones stay, and so does what an alarm points at.
CREATE INDEX enrollment_fleeting ON enrollment (id) WHERE NOT stranger
    AND (outcome IN ('refused', 'failed', 'resent') OR state = 'expired' AND decided_at IS NULL);
CREATE INDEX alarm_enrollment ON alarm (enrollment_id);

CREATE FUNCTION enrollment_purge_fleeting(keep bigint, older_than timestamptz) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
	WITH oldest AS (
		SELECT coalesce((SELECT id FROM enrollment WHERE NOT stranger
		    AND (outcome IN ('refused', 'failed', 'resent')
			OR state = 'expired' AND decided_at IS NULL)
		    ORDER BY id DESC OFFSET greatest(keep, 0) LIMIT 1), 0) AS id
	), gone AS (
		DELETE FROM enrollment e USING oldest o
		WHERE NOT e.stranger AND (e.outcome IN ('refused', 'failed', 'resent')
			OR e.state = 'expired' AND e.decided_at IS NULL)
		    AND (e.id <= o.id OR e.at < older_than)
		    AND NOT EXISTS (SELECT FROM alarm a WHERE a.enrollment_id = e.id)
		RETURNING 1
	)
	SELECT count(*) FROM gone;
END;
REVOKE EXECUTE ON FUNCTION enrollment_purge_fleeting(bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enrollment_purge_fleeting(bigint, timestamptz) TO signet_server;
