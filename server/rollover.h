/*
 * server/rollover.h: an authority that follows another: a ceremony on the server's machine.
 *
 * A root is followed by a root with a new key, by links that let those who trust one of them come
 * to trust the other (RFC 4210 4.4), and by an issuing authority below it: a new one, or the key of
 * the one that is there, certified anew. An issuing authority is followed by one with a new key and
 * the same name, below the same root or below its successor; or its key is certified anew there.
 *
 * Nothing is moved: profiles and the servers' own certificates go to the new authority when policy
 * and configuration say so. All of it is stored in one transaction, or nothing is. Key files are
 * made first and never removed: those that an attempt has left which came to nothing are taken up
 * by the next one of the same names.
 */
#ifndef SIGNET_SERVER_ROLLOVER_H
#define SIGNET_SERVER_ROLLOVER_H

#include "ca/ceremony.h"
#include "server/command.h"

/* NULL and 0 where not given; what the authority that is followed has counts then. */
struct rollover_options {
	const char *authority;    /* who is followed: a root, or an issuing authority */
	const char *name;         /* of the new root, or of the new issuing authority */
	const char *issuing;      /* with a root: whom the new issuing authority follows */
	const char *issuing_name; /* its name */
	bool keep_key;            /* no new issuing authority: its key is certified anew */
	const char *below;        /* with an issuing authority: the root to stand below */
	const char *root_subject, *subject;
	const struct key_algorithm *algorithm;
	int64_t root_validity, validity;  /* seconds */
	const char *crl_url, *issuer_url; /* the upper root's, for the issuing certificate */
	const char *root_passphrase_file, *root_key_directory; /* of the root that is there */
	const char *new_root_passphrase_file, *new_root_key_directory; /* of the one that is made */
	bool dry_run;
};

/*
 * What is done, or would be, is told on `out`. ERR_CONFLICT: a name is taken, the root has a
 * successor already, policy changed meanwhile. ERR_CONFIG: it cannot be done so. ERR_KEY: the
 * root's key will not open, or is another's.
 */
struct status rollover(
    const struct invocation *v, const struct rollover_options *o, FILE *out, struct err *err);

#endif
