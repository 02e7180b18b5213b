-- Two more kinds of policy documents: keys that sign releases, and channels.

ALTER TABLE access_document DROP CONSTRAINT access_document_kind_check;
ALTER TABLE access_document ADD CONSTRAINT access_document_kind_check
    CHECK (kind IN ('role', 'principal', 'binding', 'oidc-issuer', 'oidc-rule', 'approval-policy',
	'log-policy', 'signing-key', 'channel'));
