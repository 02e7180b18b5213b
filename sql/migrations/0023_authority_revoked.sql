-- An authority that was revoked issues nothing more. Once and for all: the only door leads one way.
ALTER TABLE authority ADD COLUMN revoked_at timestamptz;
CREATE FUNCTION authority_revoke(authority bigint, at timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
	UPDATE authority SET revoked_at = at WHERE id = $1 AND revoked_at IS NULL;
END;
REVOKE EXECUTE ON FUNCTION authority_revoke(bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION authority_revoke(bigint, timestamptz) TO signet_server;
