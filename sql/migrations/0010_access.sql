-- Who may do what: principals, roles, bindings, OIDC issuers and rules, approval policies, and who
-- witnesses the log. Documents like the rest of policy. A removed one stays, and no longer counts.

CREATE TABLE access_document (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind text NOT NULL CHECK (kind IN ('role', 'principal', 'binding', 'oidc-issuer', 'oidc-rule',
	    'approval-policy', 'log-policy')),
	name text NOT NULL,
	spec json NOT NULL,
	version bigint NOT NULL,
	removed boolean NOT NULL DEFAULT false,
	updated_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (kind, name)
);
GRANT SELECT, INSERT, UPDATE (spec, version, removed, updated_at) ON access_document TO signet_server;
