-- What was revoked stays revoked: the server's role may end a token, and no more.
CREATE FUNCTION token_revoked_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'token % was revoked, and stays so', OLD.id USING ERRCODE = 'check_violation';
END
$$;
CREATE TRIGGER token_revoked_stays BEFORE UPDATE OF revoked_at, revoked_by ON token
    FOR EACH ROW WHEN (OLD.revoked_at IS NOT NULL
	AND (NEW.revoked_at IS DISTINCT FROM OLD.revoked_at OR NEW.revoked_by IS DISTINCT FROM OLD.revoked_by))
    EXECUTE FUNCTION token_revoked_stays();
