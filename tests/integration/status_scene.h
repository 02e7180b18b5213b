/*
 * tests/integration/status_scene.h: a whole Signet with lists and delta lists, an administrator and
 * units that enroll, asked about certificates at any of its servers.
 */
#ifndef SIGNET_TESTS_STATUS_SCENE_H
#define SIGNET_TESTS_STATUS_SCENE_H

#include "tests/lib/fixture.h"
#include "tests/lib/status.h"

#define LIST_FULL  "/crl/issuing.crl"
#define LIST_DELTA "/crl/issuing/0-delta.crl"

/* For others to see something, on a machine that does much else; what it takes is measured by the
 * bench. */
#define PATIENCE_MS 20000

struct status_scene {
	struct fixture fixture;
	char root[2048]; /* the administrator's token */
};
/* Server 0 runs; own_clock: all servers' clocks can be set. */
void status_scene_start(struct status_scene *s);
void status_scene_stop(struct status_scene *s);
/* The same in two steps: fixture_start() by the caller, who prepares something first. */
void status_scene_equip(struct status_scene *s);
/* Another server, until it shows lists and answers OCSP. */
void status_scene_join(struct status_scene *s, int server);

/* Status of an API call at this server as the administrator; 0: no answer. ret_body NULL: unwanted.
 */
int status_call(struct status_scene *s, int server, const char *method, const char *path,
    const char *headers, const char *body, struct buf *ret_body);
/* act: "hold" "resume" or the reason of a revocation. */
int status_act(struct status_scene *s, int server, const char *certificate_id, const char *act);

struct status_unit {
	EVP_PKEY *idevid_key, *key;
	X509 *idevid, *certificate;
	char id[24], device[24]; /* of the certificate, of the device */
};
/* A new unit that has enrolled at this server. */
void status_unit_make(
    struct status_scene *s, int server, const char *serial, struct status_unit *ret_unit);
void status_unit_free(struct status_unit *u);

/* POST of a request for this key on an open connection; the answer's status and reason. */
int status_est_post(struct https *c, const char *operation, EVP_PKEY *key, X509_NAME *subject,
    char code[static 64], X509 **ret_certificate);

/* ---- what is said of a certificate at a server ---- */

enum saying {
	SAYING_FULL,
	SAYING_DELTA,
	SAYING_OCSP,       /* from the cache, where there is one */
	SAYING_OCSP_NONCE, /* signed for this one */
	SAYINGS
};
extern const char *const saying_names[SAYINGS];
/* Is it revoked or held, by this word? False too where nothing is said. */
bool status_says_bad(struct status_scene *s, int server, enum saying saying, X509 *certificate);
/* Until they all say so; milliseconds since `since` (monotonic) of the last one. The test fails
 * when one does not within PATIENCE_MS. */
int64_t status_await_bad(
    struct status_scene *s, const int *servers, size_t count, X509 *certificate, int64_t since);
struct ocsp_said status_ocsp(struct status_scene *s, int server, X509 *certificate, bool nonce);

/* ---- what must never be: looked at by a watcher, as often as it can ---- */

/* Lists of a server, as a client sees them one after the other. */
struct status_watch {
	int64_t number[2], this_update[2];
	int64_t signed_at; /* of the last answer with a nonce, which is signed for who asks */
	int64_t cached_at; /* of the last one without, about this certificate */
	const X509 *cached;
	size_t seen;
};
/* The test fails when a list's number or thisUpdate, or that of OCSP, is less than before. */
void status_watch(struct status_scene *s, int server, X509 *certificate, struct status_watch *w);

#endif
