/* tests/integration/hostile.h: what the hostile suite's files share. */
#ifndef SIGNET_TESTS_HOSTILE_H
#define SIGNET_TESTS_HOSTILE_H

#include "tests/lib/fixture.h"

enum who { /* which client certificate */
	WHO_NOBODY,
	WHO_UNIT,
	WHO_STRANGER,
	WHO_SELF_MADE,
	WHO_EXPIRED,
	WHO_FUTURE,
	WHO_NO_AKI,
	WHO_NO_KEY_USAGE,
	WHO_WRONG_USAGE,
	WHO_IS_CA,
	WHO_UNKNOWN_CRITICAL,
	WHO_BROKEN,
	WHO_NO_SERIAL,
	WHO_NO_PRODUCT,
	WHO_UNKNOWN_PRODUCT,
	WHO_CONTROL_CHARACTER,
	WHO_Y200,
	WHO_COUNT
};

enum what { /* which body */
	WHAT_NONE,
	WHAT_CSR,
	WHAT_EMPTY,
	WHAT_PEM,
	WHAT_NOT_BASE64,
	WHAT_BASE64_OF_NOISE,
	WHAT_CUT_IN_HALF,
	WHAT_BYTES_BEHIND,
	WHAT_WRONG_SIGNATURE,
	WHAT_WEAK_KEY,
	WHAT_IDEVID_KEY,
	WHAT_OVER_64K,
	WHAT_WRONG_BINDING,
	WHAT_REPLAYED_BINDING,
	WHAT_STATIC_PASSWORD,
	WHAT_COUNT
};

struct hostile {
	struct fixture fixture;
	EVP_PKEY *unit_key;
	X509 *certificates[WHO_COUNT];
	struct buf bodies[WHAT_COUNT]; /* base64, as sent */
};

void hostile_prepare(struct hostile *h);
void hostile_free(struct hostile *h);

#define HEADERS_CSR "Content-Type: application/pkcs10\r\n"

/* One well-formed HTTP request that policy must refuse. */
struct refused_case {
	const char *name;
	enum who who;
	const char *method, *path, *headers;
	enum what what;
	int status;
	const char *code; /* X-Signet-Reason */
};
extern const struct refused_case refused_cases[];
extern const size_t refused_count;

/* Bytes that are not a proper request; several statuses may be right, 0 is "closed without an
 * answer". */
struct raw_case {
	const char *name;
	const char *bytes; /* may hold NUL: n counts, 0 means strlen */
	size_t n;
	int statuses[4]; /* ended by -1 unless full */
};
extern const struct raw_case raw_cases[];
extern const size_t raw_count;

#endif
