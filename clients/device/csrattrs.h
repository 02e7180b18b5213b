/*
 * clients/device/csrattrs.h: what an EST server wants to see in a request, RFC 9908.
 *
 * Both styles are read: the list of OIDs and attributes of RFC 7030, and the template, which alone
 * counts where it is there (RFC 9908 section 4). What is not known is ignored, as RFC 7030 section
 * 4.5.2 demands; what is not DER is refused.
 */
#ifndef SIGNET_DEVICE_CSRATTRS_H
#define SIGNET_DEVICE_CSRATTRS_H

#include "base/algorithm.h"
#include "base/der.h"

#define CSRATTRS_MAX       ((size_t)16 << 10) /* octets of DER; real ones are below 1 kB */
#define CSRATTRS_ITEMS_MAX 128                /* OIDs, attributes, name parts, extensions: each */

struct csrattrs {
	bool binding;                                /* challengePassword: bind the request */
	const struct key_algorithm *key;             /* NULL: no wish */
	char key_unknown[64];                        /* a wish that we cannot read; else "" */
	const struct signature_algorithm *signature; /* NULL: no wish */
	struct buf subject;    /* template: Name whose attributes may lack values; n = 0: none */
	struct buf extensions; /* Extensions, whole; extnValue may be absent; n = 0: none */
};

/* Start as {0}. WHY_CSRATTRS with what is wrong; ret_attrs is then untouched. */
struct status csrattrs_parse(struct span der, struct csrattrs *ret_attrs, struct err *err);
void csrattrs_free(struct csrattrs *a);
static inline void csrattrs_auto(struct csrattrs *a)
{
	csrattrs_free(a);
}

#endif
