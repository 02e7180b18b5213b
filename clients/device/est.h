/* clients/device/est.h: the operations of EST (RFC 7030, 8951) on a session. */
#ifndef SIGNET_DEVICE_EST_H
#define SIGNET_DEVICE_EST_H

#include "clients/device/csrattrs.h"
#include "clients/device/session.h"

/* What an answer said beside its content; set on failure as well. */
#define EST_TEXT_MAX 800 /* a reason, its rule and an advice; more is not read by anybody */
struct est_said {
	int http_status;             /* 0: no answer */
	int64_t retry_after;         /* seconds, bounded to EST_RETRY_AFTER_MAX; 0: not said */
	bool moved;                  /* see struct answer */
	int64_t renew_at;            /* see struct answer */
	char text[EST_TEXT_MAX + 1]; /* a refusal's text/plain, made printable, lines kept; "" */
};
#define EST_RETRY_AFTER_MAX 86400 /* a slip of the server must not silence a device for years */

/* Appends to the list. */
struct status est_cacerts(
    struct session *s, struct certs *list, struct est_said *said, struct err *err);
/* No wishes (204, 404) leave ret_attrs as it is. */
struct status est_csrattrs(
    struct session *s, struct csrattrs *ret_attrs, struct est_said *said, struct err *err);
/*
 * simpleenroll or simplereenroll. WHY_PENDING (202), WHY_BUSY (429, 503), WHY_REFUSED_IDENTITY
 * (401, 403), WHY_REFUSED (other 4xx), WHY_SERVER_FAILED (5xx); the message carries the server's
 * words.
 */
struct status est_enroll(struct session *s, bool renew, struct span csr, struct certs *list,
    struct est_said *said, struct err *err);

/*
 * Tell the server that this device is reset: all its LDevIDs are to be revoked. Asked again, it
 * says the same again. Reasons as above; WHY_REFUSED also where the server knows no resets.
 */
struct status est_reset(struct session *s, struct est_said *said, struct err *err);

/*
 * GET a path of the server's own. Only 200 is an answer, and 304 where if_none_match is given;
 * others are refused as above.
 */
struct status est_get(struct session *s, const struct session_get *get, struct answer *ret_answer,
    struct est_said *said, struct err *err);

#endif
