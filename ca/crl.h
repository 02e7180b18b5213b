/*
 * ca/crl.h: build and sign a revocation list, RFC 5280 section 5.
 *
 *	crl_build_new(directory, &build, err)
 *	crl_build_add(build, &entry, err)         for each entry, in any order
 *	crl_build_sign(build, &order, &file, err)
 *
 * A list may hold millions of entries. They go into a file as they come; what stands in front of
 * them is written when their number is known; the whole is mapped, looked at (ca/crl_lint.h) and
 * signed where it lies. So the heap that it takes is the same for any number of entries.
 */
#ifndef SIGNET_CA_CRL_H
#define SIGNET_CA_CRL_H

#include "base/encode.h"
#include "ca/authority.h"

struct crl_entry {
	struct span serial;    /* of the certificate, as in DER, 1 to 20 octets */
	int64_t revoked_at;    /* seconds since 1970 */
	int reason;            /* RFC 5280 5.3.1; 0 is left out; 8 in delta lists alone */
	int64_t invalidity_at; /* 0: not known */
};

struct crl_order {
	const struct authority *authority; /* whose name and key identifier the list bears */
	/* The authority's. NULL: it is elsewhere. Then the file is the part to be signed, or, with
	 * the signature that was made over the same part, the list. */
	struct hsm_key *key;
	struct span signature;
	int64_t number;       /* cRLNumber, above that of every earlier list */
	int64_t base;         /* a delta list: number of the full list that it adds to; 0: full */
	int64_t this_update;  /* seconds since 1970, UTC */
	int64_t next_update;  /* after this_update */
	struct span point;    /* issuing distribution point: value, DER; n = 0: none */
	const char *freshest; /* a full list: URL of its delta list; NULL: none */
};

/* A list that lies in an unnamed file, mapped. */
struct crl_file {
	void *map;
	size_t map_size;
	struct span der;      /* within the map */
	struct digest digest; /* SHA-256 of der */
	int64_t entries;
};
void crl_file_free(struct crl_file *f);
static inline void crl_file_auto(struct crl_file *f)
{
	crl_file_free(f);
}

struct crl_build;
/* `directory`: on a disk with room for the list. ERR_INTERNAL: no file can be made there. */
struct status crl_build_new(const char *directory, struct crl_build **ret_build, struct err *err);
void crl_build_free(struct crl_build *b);
DEFINE_AUTO_REF(crl_build, crl_build_free)
/* ERR_INTERNAL: the disk is full, or the entry is none that a list can hold. */
struct status crl_build_add(struct crl_build *b, const struct crl_entry *entry, struct err *err);
/*
 * Once. ERR_DENIED: the signature that was given is not the authority's over this list. ERR_KEY:
 * the key refused. ERR_INTERNAL lint.crl_*: what was built is wrong, and was not
 * signed.
 */
struct status crl_build_sign(
    struct crl_build *b, const struct crl_order *order, struct crl_file *ret_file, struct err *err);

/* ---- a list that was made elsewhere, piece by piece into such a file ---- */

struct crl_copy;
struct status crl_copy_new(const char *directory, struct crl_copy **ret_copy, struct err *err);
struct status crl_copy_add(struct crl_copy *c, struct span piece, struct err *err);
/* `entries` is not known then. */
struct status crl_copy_end(struct crl_copy *c, struct crl_file *ret_file, struct err *err);
void crl_copy_free(struct crl_copy *c);
DEFINE_AUTO_REF(crl_copy, crl_copy_free)

/*
 * IssuingDistributionPoint of these URLs (RFC 5280 5.2.5), appended. "If the
 * distribution point name is present [...] one of the names" must be one of those in a certificate
 * (6.3.3 (b)(2)(i)).
 */
void crl_point_put(const char *const *urls, size_t count, struct buf *out);

#endif
