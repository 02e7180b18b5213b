/*
 * ca/authority_make.h: authorities that are made while the server runs.
 *
 * Below an authority whose key this server holds: authority_make(). Below one whose key is offline,
 * in two steps: authority_key() makes the key and a PKCS#10 request (RFC 2986) for whoever holds
 * the key above; authority_take() brings the chain in.
 *
 * A key is made once for a name, as file:ca.NAME.key, before anything is stored. It is never
 * removed: a key without an authority is one left of an attempt that was not stored, or whose
 * commit is in doubt, or that waits for its certificate; the next attempt of this name uses it.
 * Servers that share a database need the key file copied to each of them, as that of every
 * authority.
 *
 * All run in the caller's transaction, under policy_lock(). Refusals: ca/reason_authority.h.
 */
#ifndef SIGNET_CA_AUTHORITY_MAKE_H
#define SIGNET_CA_AUTHORITY_MAKE_H

#include "base/encode.h"
#include "ca/act.h"
#include "ca/ceremony.h"

struct hsm;

struct authority_order {
	const char *name, *parent; /* parent: of authority_make() alone */
	const char *subject;       /* as in struct ceremony_request */
	const char *algorithm;     /* name of base/algorithm.h */
	int64_t validity;          /* seconds; cut at the parent's end */
	int path_length;
	/* None: those of the parent are repeated. Each that permits must lie within the parent's.
	 */
	struct ceremony_constraints constraints;
	/* The new authority's own, written into what it issues; http; NULL: left out. */
	const char *crl_url, *delta_url, *ocsp_url, *issuer_url;
	int64_t crl_shards; /* ca/crl_scope.h; 0: one */
	bool operators;     /* issues operators' client certificates, and none to devices */
	struct span chain;  /* PEM, of authority_take() alone: itself first, the root last */
};

/* What approvers agree to: SHA-256 over all of the order and the parent's key; and as JSON. */
struct digest authority_plan(const struct policy *p, const struct authority_order *order);
const char *authority_difference(const struct authority_order *order, struct arena *arena);

struct authority_context {
	struct db *db;
	struct hsm *hsm;
	const struct policy *policy; /* with the parent's key */
	const struct policy_act *by; /* who, person, approvers, request */
	const struct clock *clock;
	const struct rng *rng;
};

/* Can it be met at all? Makes nothing. */
struct status authority_check(
    const struct authority_context *c, const struct authority_order *order, struct err *err);
struct status authority_make(
    const struct authority_context *c, const struct authority_order *order, struct err *err);
/* The request's DER. Name, subject and algorithm of the order count. */
struct status authority_key(const struct authority_context *c, const struct authority_order *order,
    struct buf *ret_csr, struct err *err);
/* Name, chain, URLs and operators of the order count; as authority_check() does. */
struct status authority_take_check(
    const struct authority_context *c, const struct authority_order *order, struct err *err);
struct status authority_take(
    const struct authority_context *c, const struct authority_order *order, struct err *err);

#endif
