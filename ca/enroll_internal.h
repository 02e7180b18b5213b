/* ca/enroll_internal.h: one attempt while it is judged; shared by ca/enroll*.c only. */
#ifndef SIGNET_CA_ENROLL_INTERNAL_H
#define SIGNET_CA_ENROLL_INTERNAL_H

#include "ca/certificate.h"
#include "ca/enroll.h"
#include "ca/ldevid.h"
#include "sql/enrollment.h"

enum client {
	CLIENT_UNKNOWN,
	CLIENT_IDEVID,
	CLIENT_LDEVID
};

struct attempt {
	const struct enroll_request *q;
	int64_t now;
	const struct label *label; /* NULL until it is found */

	/* who asks */
	enum client client;
	struct identity identity; /* CLIENT_IDEVID */
	/* CLIENT_LDEVID: claims to be ours until the store says so */
	struct ldevid ldevid;
	bool vouched; /* an anchor or our own store vouches for it: no stranger */
	const struct product *product;
	const char *serial; /* the device's */

	/* what is asked */
	struct buf body;
	struct csr csr;
	bool has_csr;
	bool linked;

	/* what the store knows */
	bool looked;
	struct enrollment_look look;
	const char *alarm; /* kind to record with the refusal; NULL: none */
};
void attempt_free(struct attempt *a);
static inline void attempt_auto(struct attempt *a)
{
	attempt_free(a);
}

/* enroll_client.c: whose certificate is it? Nothing is asked of the store. */
struct status attempt_recognise(struct attempt *a, struct err *err);
/* enroll_client.c: RFC 7030 4.2.2, the names of a renewal. */
struct status attempt_same_names(const struct attempt *a, struct err *err);
/* enroll_client.c: RFC 6402 ChangeSubjectName, held against what was issued. */
struct status attempt_change_subject(
    const struct attempt *a, const struct issued *issued, struct err *err);

/* enroll_judge.c: the path of an IDevID as the store wants it; borrowed from the identity. */
struct path_spans {
	struct span issuers[IDENTITY_PATH_MAX], serials[IDENTITY_PATH_MAX];
};
struct path_spans path_spans(const struct identity *i);

/* enroll_judge.c: ask the store; say who it is; decide. */
struct status attempt_look(struct db *db, struct attempt *a, struct err *err);
struct status attempt_judge(struct attempt *a, struct err *err);
/* Does nothing but the store stand in the way of a first certificate? Nothing is asked of it. */
bool attempt_may_be_first(const struct attempt *a);
/* Before one more is issued: has the device had its share? ret_retry_after: when it may again. */
struct status attempt_within_limit(
    const struct attempt *a, int64_t *ret_retry_after, struct err *err);

/* enroll_keep.c: what the store keeps. Each fills ret_reply. */
struct status attempt_issue(
    struct db *db, struct attempt *a, struct enroll_reply *ret_reply, struct err *err);
/* Without a look; where the store knows anything that must be looked at, ret_issued is false. */
struct status attempt_issue_first(struct db *db, struct attempt *a, struct enroll_reply *ret_reply,
    bool *ret_issued, struct err *err);
struct status attempt_resend(
    struct db *db, struct attempt *a, struct enroll_reply *ret_reply, struct err *err);
/* Always fails: ERR_PENDING, or why it cannot wait. */
struct status attempt_wait(
    struct db *db, struct attempt *a, struct enroll_reply *ret_reply, struct err *err);
/* Keep a refusal or failure, as far as it can be kept: what err says stays as it is. */
void attempt_keep_failure(
    struct db *db, struct attempt *a, struct enroll_reply *ret_reply, struct err *err);

#endif
