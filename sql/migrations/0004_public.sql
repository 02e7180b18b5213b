-- A cluster that was upgraded from before PostgreSQL 15 lets everybody make tables in the schema
-- public. The server's role must not.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

DO $$
BEGIN
	IF has_schema_privilege('signet_server', 'public', 'CREATE') THEN
		RAISE EXCEPTION 'role signet_server may still make tables in schema public'
		    USING HINT = 'let signet_owner own the database, or REVOKE CREATE ON SCHEMA public FROM PUBLIC';
	END IF;
END
$$;
