/*
 * ca/enroll.h: one EST enrollment, from what the device sent to what is stored and answered.
 *
 * Order: label, client certificate, CSR, binding, then one look at the store: device, key,
 * registration; issue, one commit. A race lost is looked at once more. What looks like the first
 * certificate of a device is tried without the look: the store takes it where it knows of nothing
 * that could speak against it.
 * Whatever happens is an `enrollment` row that explains itself. What was issued and what waits
 * stays; the rest is bounded (ca/enroll_budget.h) and expires, sooner for strangers: those whose
 * credentials no anchor of the label vouches for.
 */
#ifndef SIGNET_CA_ENROLL_H
#define SIGNET_CA_ENROLL_H

#include "ca/csr.h"
#include "ca/enroll_budget.h"
#include "ca/issue.h"
#include "ca/trust.h"

struct db;

/* Bounds on what waits for approval at one label: nobody decides on more than this. */
#define ENROLL_WAITING_OF_DEVICE  4
#define ENROLL_WAITING_OF_PRODUCT 10000

struct enroll_request {
	const struct policy *policy;
	const char *label_segment; /* NULL: unlabelled */
	bool reenroll;             /* simplereenroll */
	struct credentials credentials;
	int tls_version; /* TLS1_2_VERSION or TLS1_3_VERSION */
	bool extended_master_secret;
	struct span tls_unique; /* n = 0: not defined */
	struct span tls_exporter;
	struct span body; /* as received: base64 */
	const char *peer_address;
	const char *request_id;
	const struct clock *clock;
	const struct rng *rng;
	struct enroll_budget *budget; /* NULL: attempts that change nothing are not kept */
};

enum enroll_outcome {
	ENROLL_ISSUED,
	ENROLL_RESENT,
	ENROLL_PENDING,
	ENROLL_REFUSED,
	ENROLL_FAILED
};

struct enroll_reply {
	enum enroll_outcome outcome;
	char enrollment_id[40];              /* for `explain`; empty where none could be stored */
	struct buf certificate;              /* DER: issued, resent */
	int64_t retry_after;                 /* seconds: pending, or over a limit */
	int64_t renew_at;                    /* when to renew what was issued or resent; 0: never */
	bool renewed;                        /* issued for a certificate of ours */
	bool first_use;                      /* which had not been used before */
	size_t superseded;                   /* certificates that were revoked for that */
	bool alarm;                          /* an alarm was recorded */
	char product[IDENTITY_TEXT_MAX + 1]; /* of the device, where it is known: for logs */
	char serial[IDENTITY_TEXT_MAX + 1];
};

/*
 * Failure (err set; ret_reply->outcome REFUSED or FAILED and enrollment_id are filled all the
 * same): kinds as the reasons in ca/reason.h say; ERR_PENDING with retry_after when somebody must
 * approve; ERR_DATABASE: nothing was issued or nothing is known of it: the client may repeat.
 */
struct status enroll(struct db *db, const struct enroll_request *request,
    struct enroll_reply *ret_reply, struct err *err);
void enroll_reply_free(struct enroll_reply *r);

#endif
