/*
 * base/err.h: errors with two faces.
 *
 * The public face (kind, reason, message) may be shown to whoever asked; the
 * private cause (OpenSSL's, PostgreSQL's, errno's words) is for the log only.
 * api/ alone turns kinds into HTTP and drops the cause.
 *
 * The caller owns the struct err and starts it as {0}. The first error set wins:
 * a later one, further from the fault, never overwrites a more specific one.
 * Messages: lower case, no full stop, the value and why; never a secret.
 */
#ifndef SIGNET_BASE_ERR_H
#define SIGNET_BASE_ERR_H

#include "base/base.h"

enum err_kind {
	ERR_NONE = 0,
	ERR_INPUT,     /* what was sent cannot be read or is not well formed */
	ERR_AUTH,      /* who is asking is not known */
	ERR_DENIED,    /* known, but policy says no */
	ERR_MISSING,   /* no such thing */
	ERR_METHOD,    /* the thing is there, the verb does not fit it */
	ERR_CONFLICT,  /* at odds with what is stored */
	ERR_STALE,     /* it has changed since the one who asks looked at it */
	ERR_BLIND,     /* it is not said which version of it is meant */
	ERR_UNFIT,     /* well formed, but not what it can be here */
	ERR_RANGE,     /* a part of something that it does not have */
	ERR_TOO_LARGE, /* over a named bound */
	ERR_MEDIA,     /* media type not served here */
	ERR_PENDING,   /* not yet: somebody must approve; ask again later */
	ERR_BUSY,      /* too many, try later */
	ERR_LIMIT,     /* the one who asks has had its share: try later */
	ERR_DATABASE,  /* the store is away: our fault, try later */
	ERR_KEY,       /* a key or token refused: our fault */
	ERR_CONFIG,    /* configuration or policy document is wrong */
	ERR_INTERNAL,  /* our fault */
};

/* One row of a reason table: a stable code, what was broken, and the cure. */
struct reason {
	const char *code; /* stable, lower case, dotted: "csr.signature" */
	enum err_kind kind;
	const char *rule;   /* the rule that refused, with its source */
	const char *advice; /* what the one who asked can do */
};

struct err {
	enum err_kind kind;
	const struct reason *reason; /* NULL where no table names it */
	char message[320];           /* public */
	char cause[320];             /* private */
};

/* Each sets the error unless one is set already, and returns STATUS_FAILED. */
struct status err_set(struct err *err, enum err_kind kind, const char *format, ...) PRINTF(3, 4);
struct status err_refuse(struct err *err, const struct reason *reason, const char *format, ...)
    PRINTF(3, 4);
/* err_set, with errno's text as the private cause. */
struct status err_errno(struct err *err, enum err_kind kind, const char *format, ...) PRINTF(3, 4);
/* err_set, with OpenSSL's error queue as the private cause; the queue is emptied. */
struct status err_crypto(struct err *err, enum err_kind kind, const char *format, ...) PRINTF(3, 4);

/*
 * Each fails, always. Compilers do not look into base/err.c, and would follow paths on which a
 * refused call has succeeded and call its outputs uninitialised: so say it where it is called.
 */
#define err_set(...)    ((void)(err_set)(__VA_ARGS__), STATUS_FAILED)
#define err_refuse(...) ((void)(err_refuse)(__VA_ARGS__), STATUS_FAILED)
#define err_errno(...)  ((void)(err_errno)(__VA_ARGS__), STATUS_FAILED)
#define err_crypto(...) ((void)(err_crypto)(__VA_ARGS__), STATUS_FAILED)

/* Add a private cause to an error that has none. */
void err_cause(struct err *err, const char *format, ...) PRINTF(2, 3);

/* Forget it, to use the struct again. */
void err_clear(struct err *err);

/* reason->code where there is one, else a generic code for the kind ("internal"). Never NULL. */
const char *err_code(const struct err *err);

#endif
