-- The log: every act, in the transaction of the act. The server can add and read, nothing else.

CREATE TABLE log_entry (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- not the index: sequences are not commit order
	at timestamptz NOT NULL,
	kind text NOT NULL,
	entry bytea NOT NULL                                -- signing/format/entry.h
);
CREATE INDEX log_entry_at ON log_entry USING brin (at);
GRANT SELECT, INSERT ON log_entry TO signet_server;

-- What ties an entry to its record. Erased, the entry tells an outsider nothing.
CREATE TABLE log_salt (
	entry_id bigint PRIMARY KEY REFERENCES log_entry (id),
	salt bytea NOT NULL CHECK (octet_length(salt) = 32),
	record_kind text NOT NULL,
	record_id bigint NOT NULL
);
CREATE INDEX log_salt_record ON log_salt (record_kind, record_id);
GRANT SELECT, INSERT ON log_salt TO signet_server;
