/*
 * api/authority.h: authorities made, taken in and retired: handlers below /api/v1/authorities. See
 * ca/authority_make.h. Reading and changing their documents is api/document.h's.
 */
#ifndef SIGNET_API_AUTHORITY_H
#define SIGNET_API_AUTHORITY_H

#include "api/route.h"

#define AUTHORITY_BODY_MAX  65536  /* name constraints by the dozen */
#define AUTHORITY_CHAIN_MAX 262144 /* eight certificates of the largest kind */

struct authority_body {
	char *name, *parent, *subject, *algorithm;
	int64_t path_length, validity;
	struct str_list permit_dns, exclude_dns, permit_directory, exclude_directory;
	char *crl_url, *delta_url, *ocsp_url, *issuer_url;
	int64_t crl_shards;
	bool operators;
};
struct authority_key_body {
	char *subject, *algorithm;
};
struct authority_certificate_body {
	char *chain;
	char *crl_url, *delta_url, *ocsp_url, *issuer_url;
	int64_t crl_shards;
	bool operators;
};
extern const struct field authority_fields[], authority_key_fields[],
    authority_certificate_fields[];

/* Below an authority whose key this server holds. */
struct status authority_post(struct call *call, struct http_response *response, struct err *err);
/* Below one whose key is offline: a key and a request for its holder to sign... */
struct status authority_key_post(
    struct call *call, struct http_response *response, struct err *err);
/* ... and what they made of it. */
struct status authority_certificate_post(
    struct call *call, struct http_response *response, struct err *err);
/* It issues nothing any more; what it issued stays. */
struct status authority_retire(struct call *call, struct http_response *response, struct err *err);

#endif
