/*
 * ca/crl_scope.h: which revocation list speaks of a certificate, and by which URLs it is found.
 *
 * An authority's certificates are shared out to `crl_shards` lists by their serial number, when
 * they are issued. The number is kept with the certificate (certificate.shard), and the URL of its
 * list is written into it (CRL distribution point, RFC 5280 4.2.1.13): so more shards change
 * nothing for what was issued before. A list says which URLs it is for (issuing distribution
 * point, RFC 5280 5.2.5).
 *
 * crl_url and delta_url may hold "{shard}" and must where there are several. A URL without it is
 * that of shard 0 alone, whose certificates had it before there were others.
 */
#ifndef SIGNET_CA_CRL_SCOPE_H
#define SIGNET_CA_CRL_SCOPE_H

#include "ca/authority.h"

/* A list of a 1024th of ten million certificates, all revoked, has 400 kB. */
#define CRL_SHARDS_MAX 1024

#define CRL_VALIDITY INT64_C(86400)
#define CRL_VALIDITY_ROOT                                                      \
	(365 * INT64_C(86400)) /* its key is fetched from the safe once a year \
				*/
#define CRL_MAX_AGE INT64_C(60)

/* What policy says, or what stands where it says nothing. */
int64_t crl_shards(const struct authority *a);
int64_t crl_validity(const struct authority *a);
int64_t crl_every(const struct authority *a);
int64_t crl_max_age(const struct authority *a);

/* For a new certificate. `serial`: its low octets are random. */
int32_t crl_shard_of(const struct authority *a, struct span serial);

/* The URL for a shard, appended. False: this URL is not for that shard. */
bool crl_url_put(const char *url, int64_t shard, struct buf *out);

/* Append CRL distribution point and freshest CRL of a certificate, as far as there are URLs. */
void crl_scope_put_points(const struct authority *a, int64_t shard, struct buf *out);

/* Do URLs, shards and times go together? False: which member does not, and why. */
MUST_USE bool crl_scope_fits(
    const struct authority *a, const char **ret_member, char *why, size_t size);

#endif
