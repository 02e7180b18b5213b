/*
 * tests/lib/maker.h: who makes firmware, for tests: keys, trust statements, recall lists and
 * bundles with their log, right or wrong in a way that is named.
 *
 * Written with the product's builders; what checks them independently is tests/suit. Failure ends
 * the test program.
 */
#ifndef SIGNET_TESTS_MAKER_H
#define SIGNET_TESTS_MAKER_H

#include "base/encode.h"
#include "base/span.h"

#define MAKER_KEYS      3 /* that sign releases: EC-P256, Ed25519, EC-P384 */
#define MAKER_NEXT      4 /* that sign trust statements, two at a time */
#define MAKER_LOGS      2
#define MAKER_NONE      (-1)
#define MAKER_TRUST_ALL 0xff

struct maker; /* opaque: keys and logs */

/* Product, channel and model of everything, where a wish says nothing else. Borrowed. */
struct maker *maker_new(const char *product, const char *channel, const char *model);
void maker_free(struct maker *m);
/*
 * Key 0 and the signers 2 and 3 of trust statements are of this algorithm from now on
 * ("ML-DSA-44"). False: this OpenSSL does not have it, and nothing is changed.
 */
bool maker_rekey(struct maker *m, const char *algorithm);

struct maker_trust {
	uint64_t version;    /* 0: 1 */
	const char *product; /* NULL: the maker's */
	int next;            /* its signers are next, next + 1 of MAKER_NEXT, both */
	unsigned signed_by;  /* bit i: by key i of MAKER_NEXT; 0: by its own two */
	int revoked;         /* 1 + the key; 0: none */
	unsigned keys;       /* bit i: key i may sign; 0: keys 0 and 1 */
	unsigned signers;    /* so many of them must; 0: one */
	unsigned approvals;
	uint64_t first; /* sequence that the grant begins with */
	bool no_log;
	int log; /* which log's proof is asked for */
	bool no_recall;
};
void maker_trust(struct maker *m, const struct maker_trust *want, struct buf *out);

struct maker_recall {
	uint64_t number;
	const uint64_t *sequences;
	size_t count;
	uint64_t successor;  /* 0: none */
	const char *version; /* of it */
	const char *channel; /* NULL: the maker's */
	int key;             /* that signs it */
};
void maker_recall(struct maker *m, const struct maker_recall *want, struct buf *out);

struct maker_component {
	const char *id;
	struct span image;
	const char *uri; /* NULL: none */
	int algorithm;   /* COSE_SHA256 ...; 0: SHA-256 */
	uint64_t size;   /* that the manifest says; 0: the image's */
};

struct maker_release {
	uint64_t sequence;
	const char *version; /* NULL: "1.<sequence>" */
	const struct maker_component *components;
	size_t component_count;
	const char *product, *channel, *model; /* NULL: the maker's */
	const char *record_channel;            /* that only the record says; NULL: the same */
	int key;            /* that signs; 2 is not in trust statements, unless asked for */
	int second_key;     /* 1 + a key that signs as well; 0: none */
	unsigned approvals; /* by so many others; 0: two */
	bool no_approvals;
	bool requester_approves, approver_twice;
	bool other_digest;    /* approved and logged is another manifest */
	bool other_entry;     /* the log's entry is of another record */
	int log;              /* whose proof comes along */
	uint64_t log_before;  /* leaves added before the entry; 0: one */
	bool log_rolled_back; /* the log forgets all it had, and begins anew */
	bool notes;           /* some text for people */
};
/* The envelope alone, around any manifest, signed by this key. */
void maker_envelope(struct maker *m, struct span manifest, int key, struct buf *out);
void maker_bundle(struct maker *m, const struct maker_release *asked, struct buf *out);

#endif
