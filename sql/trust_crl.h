/*
 * sql/trust_crl.h: revocation lists of manufacturers, as rows that enrollments ask.
 *
 * One list per issuer; a newer one takes the place of the older with all its rows. All of it runs
 * in the caller's transaction.
 */
#ifndef SIGNET_SQL_TRUST_CRL_H
#define SIGNET_SQL_TRUST_CRL_H

#include "base/encode.h"
#include "sql/db.h"

struct trust_crl_row {
	struct digest issuer; /* SHA-256 of the issuer's Name DER and SPKI DER */
	int64_t anchor_id;
	int64_t number; /* 0: none */
	int64_t this_update, next_update;
	struct span der;
};

/*
 * Store a list and forget the revoked rows of the one before. ERR_CONFLICT: the list held is newer,
 * by number or by thisUpdate.
 */
struct status sql_trust_crl_put(struct db *db, const struct trust_crl_row *row, struct err *err);

/* Revoked serial numbers, without leading zero octets; `when` in seconds. Twice the same: once
 * stored. */
struct status sql_trust_revoked_add(struct db *db, const struct digest *issuer,
    const struct span *serials, const int64_t *when, size_t n, struct err *err);

#endif
