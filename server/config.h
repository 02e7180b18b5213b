/*
 * server/config.h: the process configuration, one YAML file, as a table of directives.
 *
 * What is policy (authorities, profiles, labels, trust anchors, products) is not here: it lives in
 * the database. The table is config.c's; docs/operations.md says the same in words.
 */
#ifndef SIGNET_SERVER_CONFIG_H
#define SIGNET_SERVER_CONFIG_H

#include "base/doc.h"
#include "server/limit.h"

enum {
	CONFIG_LISTENERS =
	    4 /* device, operator, public, pages: in the order of enum listener_kind */
};

struct config {
	char *listeners[CONFIG_LISTENERS]; /* "address:port", or "off" */
	struct {
		char *server; /* conninfo of the role that serves; a password stands in its passfile
			       */
		char *owner;  /* of the role that migrates; NULL: as server */
		int64_t statement_timeout; /* seconds */
	} database;
	struct {
		char *directory;       /* NULL: state_directory/keys */
		char *passphrase_file; /* NULL: the systemd credential signet-key-passphrase */
	} keys;
	struct {
		struct str_list
		    names; /* DNS names of this server; empty: localhost and the host's name */
		struct str_list addresses; /* IP addresses */
		char *authority;           /* whose certificate it gets */
		char *node;                /* NULL: the host's name; tells nodes' keys apart */
		int64_t renew_before;      /* seconds before the end of its certificate */
	} tls;
	int64_t loops, workers; /* 0: by the number of cores */
	int64_t queue;
	int64_t drain; /* seconds that open requests are given at the end */
	struct limits limits;
	struct {
		char *ca_file; /* NULL: the system's authorities alone */
		bool insecure_loopback_http;
	} fetch;
	struct {
		int format; /* enum log_format */
		int level;  /* enum log_level */
	} log;
	char *public_url; /* where the public listener is reached from outside; NULL: not said */
	char *state_directory;
	char *user;       /* NULL: stays who it is */
	char *ports_file; /* NULL: none; gets the ports chosen, as shell variables */
	struct arena arena;
};

extern const struct field config_fields[];

/* Read a file. ERR_CONFIG with "file:line: ..."; ret_config is untouched then. */
struct status config_read(const char *path, struct config *ret_config, struct err *err);
/* The same from memory; `name` is for messages. */
struct status config_parse(
    const char *name, struct span text, struct config *ret_config, struct err *err);
/* The table as Markdown, for docs/operations.md. */
void config_reference(struct buf *out);
void config_free(struct config *c);
static inline void config_auto(struct config *c)
{
	config_free(c);
}

#endif
