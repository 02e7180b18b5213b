/*
 * ca/authority_chain.h: what leads from an authority to whom others trust, also while one root
 * follows another.
 *
 * Roots that certify each other's keys (RFC 4210 4.4: OldWithNew, NewWithOld) belong together. The
 * cacerts of every authority below one of them carry all of them and all their links (RFC 7030
 * 4.1.3), so that a device that trusts any one of them can come to trust the others; what has
 * expired is left out. An issuing authority whose key was certified anew issues by the newest of
 * its certificates; the earlier ones stay in cacerts.
 */
#ifndef SIGNET_CA_AUTHORITY_CHAIN_H
#define SIGNET_CA_AUTHORITY_CHAIN_H

#include "ca/policy.h"

/*
 * Of a snapshot whose authorities are read: certificate, validity, parent and chain of those that
 * were certified anew, and the cacerts of all, as of p->built_at.
 */
void authority_chains_build(struct policy *p);

/* Who signed a certificate, by name and key identifier; NULL: nobody who is held here. */
struct authority *authority_issuer_of(const struct policy *p, struct span certificate);

/* The body of cacerts at `now`; it lives as the snapshot or the arena does. */
struct span authority_cacerts(const struct authority *a, int64_t now, struct arena *arena);

/*
 * PEM of what a TLS peer wants behind a leaf of this authority, appended: its certificate and the
 * ones above it but the root, then what other roots say of that root's key, so that a peer that
 * trusts one of them verifies it, too. Nothing that has ended by `now`.
 */
void authority_put_chain(const struct authority *a, int64_t now, struct buf *out);

#endif
