-- The token that an operator's certificate was made with, or that the certificate was whose holder made it:
-- with that token's revocation the certificate ends. NULL: none, or made before this migration.
ALTER TABLE certificate ADD COLUMN token_id bigint REFERENCES token (id);
CREATE INDEX certificate_token ON certificate (token_id) WHERE token_id IS NOT NULL;
