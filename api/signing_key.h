/* api/signing_key.h: keys that sign releases, made here. Handler of POST /api/v1/signing-keys. */
#ifndef SIGNET_API_SIGNING_KEY_H
#define SIGNET_API_SIGNING_KEY_H

#include "api/route.h"
#include "base/json.h"

#define SIGNING_KEY_KIND "signing-key"

#define SIGNING_KEY_BODY_MAX 65536 /* a thousand names of products */

struct signing_key_body {
	char *name, *authority, *subject;
	int algorithm;
	bool test;
	struct str_list products;
	int64_t validity;
};
extern const struct field signing_key_body_fields[];

/*
 * Key, certificate where an authority is named, and document: an act signing-key.change. Approvers
 * agree to the order; the key is made when it is redeemed.
 */
struct status signing_key_post(struct call *call, struct http_response *response, struct err *err);

/* What a document of this kind (JSON) is shown with: `kid`, its RFC 9679 thumbprint, and
 * `public_key`, PEM. */
void signing_key_put(struct json *j, struct span document);

#endif
