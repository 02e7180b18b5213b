/*
 * signet-device.h: an identity for a device, and keeping it alive, by EST (RFC 7030).
 *
 * A device leaves the factory with an IDevID: certificate and key of its maker. With it this
 * library obtains an operational LDevID from an EST server, renews it, and keeps it in a key store:
 *
 *     struct signet_settings s = {.store = "/var/lib/device", .server = "https://est.example:8443",
 *         .idevid_cert = "/factory/cert.pem", .idevid_key = "/factory/key.pem", .pin = "3f0c..."};
 *     struct signet_device *d;  struct signet_reason why;
 *     if (signet_device_open(&s, NULL, &d, &why) != SIGNET_DONE ||
 *         signet_device_enroll(d, NULL, &why) != SIGNET_DONE)
 *             fprintf(stderr, "%s: %s\n", why.code, why.text);
 *     signet_device_close(d);
 *
 *  - It is never blind: a server is trusted by the pinned fingerprint of its root or by a CA file.
 *  - What the server issued is verified (key, chain, validity, identity) before it is stored, used
 *    once while the old identity still stands, and only then made the current one.
 *  - A power cut at any moment leaves a usable identity; the next call carries on from there.
 *  - Time never goes below what was verified before, whatever the system clock says.
 *  - Key bytes never leave the store but through OpenSSL, are wiped, and are never printed.
 *
 * No global state: handles are independent; one handle is for one thread at a time. The program
 * calls curl_global_init() once before it starts threads, and ignores SIGPIPE. Strings are copied.
 */
#ifndef SIGNET_DEVICE_H
#define SIGNET_DEVICE_H
#include <stdbool.h>
#include <stddef.h> /* size_t */
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum signet_result {
	SIGNET_DONE = 0,
	SIGNET_PENDING,      /* somebody must approve; call again, reason.retry_after says when */
	SIGNET_NOT_DUE,      /* renewal is not due yet; nothing was done */
	SIGNET_BAD_ARGUMENT, /* a setting is missing or wrong */
	SIGNET_STORE_FAILED, /* the key store cannot be read or written */
	SIGNET_NO_IDENTITY,  /* there is no LDevID, and no IDevID to get one with */
	SIGNET_NOT_TRUSTED,  /* the server could not be verified */
	SIGNET_NETWORK,      /* the server could not be reached, or the connection broke */
	SIGNET_BUSY,         /* the server asks to come later, longer than we may wait */
	SIGNET_REFUSED,      /* the server refused this device; reason.text carries its words */
	SIGNET_BAD_ANSWER,   /* the server's answer breaks the protocol, or it failed (5xx) */
	SIGNET_BAD_CERTIFICATE, /* what was issued is not what was asked for; nothing was replaced
				 */
	SIGNET_FAILED,          /* our own fault: out of resources, or OpenSSL refused */
	SIGNET_BAD_UPDATE,      /* it may not be installed here; nothing was replaced */
};

/* "done" "pending" ...; never NULL. */
const char *signet_result_name(enum signet_result result);

/* Why a call ended as it did. Filled by every call that takes one; may be NULL. */
struct signet_reason {
	char code[40];       /* stable, such as "tls.untrusted"; "" when done */
	char text[640];      /* one line for people */
	char server[801];    /* what the server said, made printable, lines kept; "" */
	char advice[240];    /* what to do about it; may be "" */
	int http_status;     /* of the answer that decided, or 0 */
	int64_t retry_after; /* seconds, when the server named them, or 0 */
};

/* NULL or 0 where not given; what the store knows from before then counts. */
struct signet_settings {
	const char *store;       /* directory, made with mode 0700; must be given */
	const char *server;      /* "https://host[:port]" */
	const char *label;       /* EST path segment; "" for none */
	const char *idevid_cert; /* PEM file: the IDevID, its intermediates behind it */
	const char *idevid_key;  /* PEM file, mode 0600, not encrypted */
	const char *pin;     /* SHA-256 of the root certificate (DER), 64 hex digits, ':' allowed */
	const char *ca_file; /* PEM file with the trust anchors, instead of a pin */
	const char *algorithm; /* "EC-P256" "Ed25519" ...: overrides what the server asks for */
	const char *clock;     /* "system", or "none": the system clock is never believed */
};

/* For tests and for odd devices. NULL members: the system's. */
struct signet_hooks {
	int64_t (*now)(void *context); /* seconds since 1970, UTC */
	void (*sleep)(void *context, int64_t milliseconds);
	bool (*random)(void *context, uint8_t *bytes, size_t n); /* jitter only, never keys */
	void (*progress)(void *context, const char *line);       /* one line per step, for people */
	void *context;
};

/* How long to bear with a server. NULL where it is asked for: the values in brackets. */
struct signet_patience {
	int64_t wait;      /* seconds to wait for an approval (0: return SIGNET_PENDING at once) */
	int64_t retry_for; /* seconds to keep on through network trouble and a busy server [30] */
	int attempts;      /* requests at most, not counting those that were told "pending" [5] */
};

struct signet_device;

/* Open the store, make it if it is not there. Talks to nobody. On failure *ret_device is NULL. */
enum signet_result signet_device_open(const struct signet_settings *settings,
    const struct signet_hooks *hooks, struct signet_device **ret_device,
    struct signet_reason *ret_reason);
void signet_device_close(struct signet_device *device); /* NULL allowed */

/*
 * Get an LDevID with the IDevID (simpleenroll). With a current LDevID that is valid: DONE, nothing
 * is done, unless `again`. After PENDING, a crash or a broken connection, call it again: the key
 * that was made is kept, and a certificate that was received is taken up where it was left.
 */
struct signet_enrollment {
	bool again; /* enroll anew although there is a valid LDevID */
	struct signet_patience patience;
};
enum signet_result signet_device_enroll(struct signet_device *device,
    const struct signet_enrollment *how, struct signet_reason *ret_reason);

/*
 * Renew the LDevID with itself (simplereenroll): same subject and SAN, a new key unless `same_key`.
 * Falls back to the IDevID (simpleenroll), where there is one, when the LDevID has expired or the
 * server refuses it for good. NOT_DUE only with if_due.
 */
struct signet_renewal {
	bool same_key;
	bool if_due;
	int remaining; /* with if_due: due with so many percent of the lifetime left [33] */
	struct signet_patience patience;
};
enum signet_result signet_device_renew(struct signet_device *device,
    const struct signet_renewal *how, struct signet_reason *ret_reason);

/* Strings live until the next call with the handle; NULL where there is none. Times: seconds. */
struct signet_status {
	const char *identity; /* "LDevID", "IDevID" (not enrolled yet) or "none" */
	const char *subject, *issuer, *serial_number; /* names by RFC 2253; serial number in hex */
	int64_t not_before, not_after, renewal_due;   /* 0: none */
	bool valid;                                   /* by the effective time */
	const char *algorithm;                        /* of its key */
	const char *cert_path, *key_path; /* stable: they always lead to the current identity */
	uint32_t generation;
	const char *pending; /* "asked", "staged" (not used yet); "telling", "erasing", "untold" */
	const char *pending_operation; /* "enroll", "renew" or "reset" */
	int64_t pending_since, pending_retry_at;
	const char *server, *label, *anchor_digest; /* SHA-256 of the first trust anchor, hex */
	int64_t clock, time_floor, effective_time;
};
enum signet_result signet_device_status(struct signet_device *device,
    struct signet_status *ret_status, struct signet_reason *ret_reason);

#ifdef __cplusplus
}
#endif
#endif
