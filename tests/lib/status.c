/* tests/lib/status.c: see status.h. */
#include "tests/lib/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/calendar.h"
#include "tests/lib/https.h"

static void die(const char *what)
{
	fprintf(stderr, "tests/lib/status: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(99);
}

static int64_t seconds_of(const ASN1_TIME *t)
{
	struct tm tm;

	if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
		die("a time that is none");
	return (int64_t)timegm(&tm);
}

/* ---- lists ---- */

static int64_t number_in(X509_CRL *crl, int nid)
{
	ASN1_INTEGER *n = X509_CRL_get_ext_d2i(crl, nid, NULL, NULL);
	int64_t value = 0;

	if (n && ASN1_INTEGER_get_int64(&value, n) != 1)
		die("a number that is too large");
	ASN1_INTEGER_free(n);
	return value;
}

static X509_CRL *read_list(struct https_reply *r, X509 *issuer)
{
	const unsigned char *p = r->body.p;
	X509_CRL *crl = r->status == 200 ? d2i_X509_CRL(NULL, &p, (long)r->body.n) : NULL;

	if (crl && X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1)
		return crl;
	X509_CRL_free(crl);
	ERR_clear_error();
	return NULL;
}

bool status_list_get(int port, const char *path, X509 *issuer, struct status_list *ret_list)
{
	struct https_options o = {.port = port, .clear = true};
	struct https_reply r = {0};
	struct https c;
	X509_CRL *crl = NULL;

	if (!https_open(&o, &c))
		return false;
	if (https_request(&c, "GET", path, NULL, SPAN_NONE, &r))
		crl = read_list(&r, issuer);
	https_reply_free(&r);
	https_close(&c);
	if (!crl)
		return false;
	*ret_list = (struct status_list){.crl = crl,
	    .number = number_in(crl, NID_crl_number),
	    .base = number_in(crl, NID_delta_crl),
	    .this_update = seconds_of(X509_CRL_get0_lastUpdate(crl)),
	    .next_update = seconds_of(X509_CRL_get0_nextUpdate(crl))};
	return true;
}

void status_list_free(struct status_list *l)
{
	X509_CRL_free(l->crl);
	*l = (struct status_list){0};
}

int status_list_reason(const struct status_list *l, X509 *certificate)
{
	X509_REVOKED *entry = NULL;
	ASN1_ENUMERATED *reason;
	int value = 0;

	if (X509_CRL_get0_by_cert(l->crl, &entry, certificate) == 0)
		return -1;
	reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	value = reason ? (int)ASN1_ENUMERATED_get(reason) : 0;
	ASN1_ENUMERATED_free(reason);
	return value;
}

/* ---- OCSP ---- */

static OCSP_CERTID *id_of(X509 *issuer, const ASN1_INTEGER *serial)
{
	return OCSP_cert_id_new(
	    EVP_sha256(), X509_get_subject_name(issuer), X509_get0_pubkey_bitstr(issuer), serial);
}

static OCSP_REQUEST *request_of(X509 *issuer, const ASN1_INTEGER *serial, bool nonce)
{
	OCSP_REQUEST *q = OCSP_REQUEST_new();

	if (!q || !OCSP_request_add0_id(q, id_of(issuer, serial)) ||
	    (nonce && OCSP_request_add1_nonce(q, NULL, 32) != 1))
		die("no request can be made");
	return q;
}

static void verify(OCSP_BASICRESP *basic, OCSP_REQUEST *q, X509 *root, X509 *issuer, bool nonce)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *chain = sk_X509_new_null();

	X509_STORE_add_cert(store, root);
	sk_X509_push(chain, issuer);
	/* Clocks of servers may be wrong on purpose here; times are what tests look at themselves.
	 */
	X509_STORE_set_flags(store, X509_V_FLAG_NO_CHECK_TIME);
	if (OCSP_basic_verify(basic, chain, store, 0) != 1)
		die("an answer does not verify");
	if (nonce && OCSP_check_nonce(q, basic) != 1)
		die("an answer to another question");
	sk_X509_free(chain);
	X509_STORE_free(store);
}

static struct ocsp_said read_single(OCSP_BASICRESP *basic, X509 *issuer, const ASN1_INTEGER *serial)
{
	static const enum ocsp_word words[] = {[V_OCSP_CERTSTATUS_GOOD] = OCSP_SAID_GOOD,
	    [V_OCSP_CERTSTATUS_REVOKED] = OCSP_SAID_REVOKED,
	    [V_OCSP_CERTSTATUS_UNKNOWN] = OCSP_SAID_UNKNOWN};
	OCSP_CERTID *id = id_of(issuer, serial);
	ASN1_GENERALIZEDTIME *from, *to;
	struct ocsp_said said = {.reason = -1};
	int status;

	if (OCSP_resp_find_status(basic, id, &status, &said.reason, NULL, &from, &to) != 1)
		die("an answer about something else");
	said.word = words[status];
	said.this_update = seconds_of(from);
	said.next_update = seconds_of(to);
	OCSP_CERTID_free(id);
	return said;
}

static OCSP_RESPONSE *exchange(int port, OCSP_REQUEST *q)
{
	struct https_options o = {.port = port, .clear = true};
	struct https_reply r = {0};
	struct https c;
	unsigned char *der = NULL;
	const int n = i2d_OCSP_REQUEST(q, &der);
	OCSP_RESPONSE *response = NULL;
	const unsigned char *p;

	if (n > 0 && https_open(&o, &c)) {
		if (https_request(&c, "POST", "/ocsp", "Content-Type: application/ocsp-request\r\n",
			span(der, (size_t)n), &r) &&
		    r.status == 200) {
			p = r.body.p;
			response = d2i_OCSP_RESPONSE(NULL, &p, (long)r.body.n);
		}
		https_reply_free(&r);
		https_close(&c);
	}
	OPENSSL_free(der);
	ERR_clear_error();
	return response;
}

struct ocsp_said ocsp_ask_serial(
    int port, X509 *root, X509 *issuer, const ASN1_INTEGER *serial, bool nonce)
{
	OCSP_REQUEST *q = request_of(issuer, serial, nonce);
	OCSP_RESPONSE *response = exchange(port, q);
	OCSP_BASICRESP *basic;
	struct ocsp_said said = {.word = OCSP_SAID_NOTHING, .reason = -1};

	if (response && OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
		said.word = OCSP_SAID_LATER;
		said.error = OCSP_response_status(response);
	} else if (response) {
		basic = OCSP_response_get1_basic(response);
		if (!basic)
			die("an answer without an answer");
		verify(basic, q, root, issuer, nonce);
		said = read_single(basic, issuer, serial);
		OCSP_BASICRESP_free(basic);
	}
	OCSP_RESPONSE_free(response);
	OCSP_REQUEST_free(q);
	return said;
}

struct ocsp_said ocsp_ask(int port, X509 *root, X509 *issuer, X509 *certificate, bool nonce)
{
	return ocsp_ask_serial(port, root, issuer, X509_get0_serialNumber(certificate), nonce);
}

const char *ocsp_word_name(enum ocsp_word word)
{
	static const char *const names[] = {[OCSP_SAID_NOTHING] = "nothing",
	    [OCSP_SAID_LATER] = "an error",
	    [OCSP_SAID_GOOD] = "good",
	    [OCSP_SAID_REVOKED] = "revoked",
	    [OCSP_SAID_UNKNOWN] = "unknown"};

	return names[word];
}
