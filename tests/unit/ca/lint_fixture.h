/*
 * tests/unit/ca/lint_fixture.h: good to-be-signed certificates, taken apart so that a test can
 * break one thing, and put together again by a writer of its own.
 */
#ifndef SIGNET_TESTS_UNIT_CA_LINT_FIXTURE_H
#define SIGNET_TESTS_UNIT_CA_LINT_FIXTURE_H

#include "ca/lint.h"
#include "issue_fixture.h"

enum base {
	LEAF,
	AUTHORITY,
	ROOT
};

enum part {
	STOP,
	VERSION,     /* hex: INTEGER contents; "": left out */
	SERIAL,      /* hex: contents */
	SIGNATURE,   /* hex: whole */
	ISSUER,      /* hex: whole Name */
	SUBJECT,     /* hex: whole Name */
	NOT_BEFORE,  /* hex: "generalized", "future" (an hour on) */
	NOT_AFTER,   /* hex: "generalized", "early" (before notBefore), "beyond" the issuer's */
	SPKI,        /* text: a key algorithm; "issuer": the issuer's key */
	UNIQUE_ID,   /* hex: contents */
	EXTENSION,   /* replace or add: oid, hex: value; critical: 0, 1, 2: FALSE spelt out */
	AGAIN,       /* add a second one */
	DROP,        /* without this extension */
	LONG_POLICY, /* policies until the whole is over 64 KiB */
};

struct step {
	enum part part;
	const char *oid; /* dotted */
	const char *hex;
	int critical;
};

#define STEPS_MAX 5

struct part_extension {
	const char *oid;
	struct span value;
	int critical;
};

struct parts {
	struct world *world;
	struct span version, serial, signature, issuer, subject, not_before, not_after, spki,
	    unique_id;
	struct part_extension extensions[TBS_EXTENSIONS_MAX + 2];
	size_t count;
};

/* A good one. The issuer of LEAF is world->issuing, that of AUTHORITY world->root. */
void parts_good(struct parts *p, struct world *world, enum base base);
void parts_change(struct parts *p, const struct step *step);
void parts_write(const struct parts *p, struct buf *out);

#endif
