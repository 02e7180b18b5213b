/*
 * server/init.h: the first authorities of a new Signet: made, or taken over.
 *
 * All or nothing: what was written before something failed is removed again. Where an authority of
 * the name, or one of the key files, is there already, nothing is changed.
 * Where the answer to the commit is lost, the store is asked again; while it cannot be, all is
 * kept.
 */
#ifndef SIGNET_SERVER_INIT_H
#define SIGNET_SERVER_INIT_H

#include "ca/ceremony.h"
#include "server/command.h"

struct init_options {
	const char *authority; /* names of policy: "issuing", "root" */
	const char *root;
	const char *subject, *root_subject; /* "CN=...,O=...", or a common name alone */
	const struct key_algorithm *algorithm;
	int path_length;                 /* of the issuing authority */
	int64_t root_validity, validity; /* seconds */
	struct ceremony_constraints constraints;
	const char *crl_url, *issuer_url; /* the root's, for the issuing certificate; NULL: none */
	const char *root_passphrase_file, *root_key_directory;
	/* or an existing hierarchy: PEM files */
	const char *chain, *key, *key_passphrase_file;
};

/* ret_root: DER of the root. ERR_CONFLICT: there is one. */
struct status init_make(const struct invocation *v, const struct init_options *o,
    struct buf *ret_root, struct err *err);
struct status init_take(const struct invocation *v, const struct init_options *o,
    struct buf *ret_root, struct err *err);

#endif
