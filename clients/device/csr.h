/* clients/device/csr.h: make a PKCS#10 request (RFC 2986) with a key of the store. */
#ifndef SIGNET_DEVICE_CSR_H
#define SIGNET_DEVICE_CSR_H

#include "clients/device/csrattrs.h"
#include "clients/device/store.h"

struct csr_wish {
	struct device_key *key;
	const struct signature_algorithm *signature; /* NULL: the key's own */
	struct span subject;                         /* Name, whole DER */
	struct span extensions;                      /* Extensions, whole DER; n = 0: none */
	struct span binding; /* octets that bind it to the connection; n = 0: none */
};

/* Append the DER. */
struct status csr_make(const struct csr_wish *wish, struct buf *out, struct err *err);

/*
 * Fill a template's name: parts with a value stay, parts without get the value of the same type
 * from `own` (the IDevID's subject), and are left out where that has none. Appends a Name; `own`
 * itself where nothing would be left.
 */
void csr_subject(struct span template_name, struct span own, struct buf *out);

/* The same for Extensions: a missing value comes from `own_san` for subjectAltName; others are left
 * out. */
void csr_extensions(struct span template_extensions, struct span own_san, struct buf *out);

/* Extensions with only a subjectAltName, critical as in the certificate. */
void csr_san_extensions(struct span san, bool critical, struct buf *out);

#endif
