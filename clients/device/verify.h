/* clients/device/verify.h: is this certificate good, by what the device knows of time and trust? */
#ifndef SIGNET_DEVICE_VERIFY_H
#define SIGNET_DEVICE_VERIFY_H

#include "clients/device/certs.h"

/*
 * What time it is. The floor is the newest moment that a verified certificate proves; a clock below
 * it is wrong, and then a certificate that begins later than `now` is no reason to refuse: it shows
 * that time has gone on. One that has ended by `now` is refused in any case.
 */
struct device_time {
	int64_t now;      /* max(system clock, floor) */
	bool clock_works; /* the system clock is not below the floor, and may be believed */
};

struct device_time device_time(int64_t clock, int64_t floor, bool no_clock);

/* An anchor is any certificate of the list, self-signed or not. Freed with X509_STORE_free. */
X509_STORE *verify_store(const struct certs *anchors);
DEFINE_AUTO_PTR(X509_STORE, X509_STORE_free)
/* Set time and strictness; the callback that goes with it, NULL for OpenSSL's own. */
X509_STORE_CTX_verify_cb verify_prepare(X509_VERIFY_PARAM *param, const struct device_time *time);

/* Does this CA certificate lead to an anchor? */
bool verify_authority(X509 *cert, const struct certs *anchors, const struct certs *intermediates,
    const struct device_time *time);

struct issued_check {
	struct span spki;        /* of the key that asked */
	const char *unit_serial; /* serialNumber that the subject must carry; NULL: any */
	const struct certs *anchors;
	const struct certs *intermediates;
	struct device_time time;
};

/*
 * Judge the answer of an enrollment. Exactly one certificate must be for our key; CA certificates
 * may come along and serve as intermediates. ret_chain gets the certificate and the intermediates
 * that lead to an anchor, the anchor not. WHY_CERT_...
 */
struct status verify_issued(const struct issued_check *check, const struct certs *answer,
    struct certs *ret_chain, struct err *err);

#endif
