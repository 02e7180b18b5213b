/*
 * tests/unit/device/responder.h: a small EST server on loopback, in a thread, that can misbehave.
 *
 * One connection at a time. Fields are set by the test while no client is asking.
 */
#ifndef TEST_DEVICE_RESPONDER_H
#define TEST_DEVICE_RESPONDER_H

#include <pthread.h>

#include <openssl/ssl.h>

#include "tests/unit/device/mint.h"

enum fault {
	FAULT_NONE,
	FAULT_KEY_OF_ANOTHER,
	FAULT_ISSUER_UNKNOWN,
	FAULT_DEVICE_CERT_OF_ANOTHER_TOO,
	FAULT_TWO_FOR_OUR_KEY,
	FAULT_NO_CERTIFICATE,
	FAULT_SERIAL_OF_ANOTHER,
	FAULT_SERIAL_MISSING,
	FAULT_EXPIRED,
	FAULT_NOT_YET_VALID,
	FAULT_SERVER_ONLY_USAGE,
	FAULT_NOT_BASE64,
	FAULT_CMS_TRUNCATED,
	FAULT_CMS_TRAILING,
	FAULT_WRONG_TYPE,
	FAULT_CLOSE_MID_BODY,
	FAULT_CLOSE_BEFORE_ANSWER, /* the certificate is issued, the answer is lost */
	FAULT_HUGE_BODY,
	FAULT_REFUSE_400,
	FAULT_REFUSE_403,
	FAULT_INTERNAL_500,
};

struct responder {
	/* knobs */
	enum fault fault;  /* of enrollments */
	int pending, busy; /* so many 202, then so many 503, before an answer */
	int retry_after;   /* seconds in 202 and 503; 0: header left out */
	bool demand_binding;
	bool send_issuer_too;      /* the issuing CA beside the certificate: tolerated */
	bool close_each;           /* end the connection after every answer */
	bool drop_after_get;       /* close the connection silently after the second GET */
	bool refuse_ldevid_enroll; /* simplereenroll says 403 */
	bool refuse_after_issue;   /* the certificate issued last gets 403 wherever it is shown */
	bool refuse_in_tls_after_issue;     /* the same, by the handshake */
	int busy_after_issue;               /* the same, so many 503 */
	X509 *offer_too[4];                 /* more in cacerts; borrowed */
	int offer_many;                     /* the first of them, so often */
	const char *renew_at;               /* Signet-Renew-At; NULL: not said */
	int reset_status;                   /* what a reset is answered with; 0: 200 */
	bool reset_refuses_ldevid;          /* 403, unless the IDevID is shown */
	int reset_busy;                     /* so many 503 first */
	bool offer_other_root;              /* cacerts lacks the real root */
	struct buf csrattrs;                /* DER; n = 0: 204 */
	int64_t issue_not_before, lifetime; /* 0: an hour ago; a day */

	/* GET /update/..., which this many versions of a statement and a list are for */
	struct {
		const char *channel; /* NULL: there are no updates */
		int status;          /* what everything is answered with; 0: as it should be */
		int changing;        /* so many bundles are not the one that was offered */
		bool withdrawn;      /* from the first bundle on, nothing is published */
		struct buf offer;    /* JSON */
		const char *offer_etag;
		struct buf bundle, recall, trust[8];                /* trust: by version */
		int offers, not_modified, bundles, trusts, recalls; /* that were asked for */
	} update;

	/* records */
	int requests, enrollments, reenrollments, connections, issued, resets;
	bool binding_seen, binding_good;
	char shown[128]; /* common name or serialNumber of the last client certificate */
	X509_REQ *csr;   /* the last one */
	X509 *last_issued;
	int tls_version; /* of the last connection */

	/* who is who */
	EVP_PKEY *root_key, *ca_key, *server_key, *maker_key, *idevid_key, *stranger_key;
	X509 *root, *ca, *server, *maker, *idevid, *stranger;
	char url[64];
	int gets; /* on this connection */
	SSL_CTX *tls;
	int listen_fd;
	pthread_t thread;
};

/* version: TLS1_2_VERSION or TLS1_3_VERSION only, or 0 for both. */
struct responder *responder_start(int version);
void responder_stop(struct responder *r);

#endif
