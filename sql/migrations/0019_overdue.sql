-- Who did not renew in time. Certificates of a label are looked through in the order in which they end,
-- each once: up to here.
CREATE TABLE overdue_mark (
	label_id bigint PRIMARY KEY,
	not_after timestamptz NOT NULL,
	certificate_id bigint NOT NULL -- among those that end then
);
GRANT SELECT, INSERT, UPDATE (not_after, certificate_id) ON overdue_mark TO signet_server;
