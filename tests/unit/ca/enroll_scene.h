/*
 * tests/unit/ca/enroll_scene.h: a manufacturer, an authority with a real key, policy and a real
 * PostgreSQL, for tests of ca/enroll.c.
 */
#ifndef SIGNET_TESTS_ENROLL_SCENE_H
#define SIGNET_TESTS_ENROLL_SCENE_H

#include "ca/enroll.h"
#include "tests/lib/pg.h"
#include "tests/lib/pki.h"

struct scene {
	struct pg_database database;
	struct db *db;
	char keys[64]; /* key directory */
	struct hsm *hsm;
	struct pki_authority maker, ours, stranger;
	struct buf maker_der, maker_spki, ours_der, ours_spki;
	struct authority authority;
	struct profile profiles[2]; /* "ldevid" and "other" */
	struct subject_part names[2];
	struct san_part alternative[1];
	struct trust_anchor anchor;
	struct product all_products[2]; /* X100 and Y200 */
	struct label label;
	struct trust_anchor *anchors[1];
	struct product *products[1];
	struct policy policy;
	int64_t now;
	struct clock clock;
	struct rng rng;
	struct enroll_budget budget;
};

/* Label "field": open, product X100 only, no binding, resend 600 s, approval_expires a day. */
struct scene *scene_new(void);
/* The same on a cluster of its own, which the test may stop. */
struct scene *scene_new_apart(void);
void scene_free(struct scene *s);

/* A certificate with its key. */
struct holder {
	EVP_PKEY *key;
	X509 *certificate;
};
struct holder scene_idevid(struct scene *s, const char *product, const char *serial);
void holder_free(struct holder *h);

struct ask {
	const struct holder *as; /* NULL: no client certificate */
	bool reenroll;
	EVP_PKEY *key;          /* to be certified */
	const char *challenge;  /* challengePassword */
	const char *no_renewal; /* a common name instead of the Subject that a renewal repeats */
	const char *san;        /* instead of the one that a renewal repeats; "": none */
	const char *segment;    /* label; NULL: none */
	struct db *db;          /* NULL: the scene's */
	struct span body;       /* instead of a CSR */
	bool tls12;
};
struct answer {
	struct status done;
	struct enroll_reply reply;
	struct err err;
};
struct answer scene_ask(struct scene *s, const struct ask *ask);
void answer_free(struct answer *a);
/* The certificate of an answer with the key that it was asked for; both new references. */
struct holder answer_holder(const struct answer *a, EVP_PKEY *key);

/* The test fails, naming `code`, unless this was refused with it. Frees the answer. */
void expect_refused(struct scene *s, const struct ask *ask, const char *code);
/* The same, issued or resent. */
void expect_certificate(struct scene *s, const struct ask *ask, enum enroll_outcome outcome);

#endif
