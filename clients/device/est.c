/* clients/device/est.c: see est.h. */
#include "clients/device/est.h"

#include <string.h>

#include "base/doc.h"
#include "base/encode.h"
#include "clients/device/reason.h"

#define FIRST_LINE_MAX 200 /* of the server's words, in our own message */

/* A stranger's text on its way to a terminal: printable ASCII and line ends stay. */
static void printable(struct span text, char out[static EST_TEXT_MAX + 1])
{
	size_t n = 0;

	text = span_trim(text);
	for (size_t i = 0; i < text.n && n < EST_TEXT_MAX; i++) {
		uint8_t c = text.p[i];

		if (c == '\r')
			continue;
		if (c == '\t')
			c = ' ';
		out[n++] = c == '\n' || (c >= 0x20 && c <= 0x7e) ? (char)c : '?';
	}
	out[n] = '\0';
}

static struct status refuse(
    const struct est_said *said, const struct reason *why, const char *operation, struct err *err)
{
	int first = (int)strcspn(said->text, "\n");

	return err_refuse(err, why, "%s: HTTP %d%s%.*s", operation, said->http_status,
	    first ? ": " : "", first < FIRST_LINE_MAX ? first : FIRST_LINE_MAX, said->text);
}

static const struct reason *reason_for(long status)
{
	switch (status) {
	case 202: return WHY(PENDING);
	case 401:
	case 403: return WHY(REFUSED_IDENTITY);
	case 429:
	case 503: return WHY(BUSY);
	case 408:
	case 425: return WHY(SERVER_FAILED);
	default: return status >= 500 ? WHY(SERVER_FAILED) : WHY(REFUSED);
	}
}

/* Its detail; where it has none, nothing. */
static void problem(struct span json, char out[static EST_TEXT_MAX + 1])
{
	AUTO(doc_file) doc = {0};
	struct err none = {0};
	const struct doc_node *detail;

	if (!doc_parse("problem", json, &doc, &none).ok || doc.count != 1 ||
	    doc.documents[0]->kind != DOC_MAP)
		return;
	detail = doc_get(doc.documents[0], "detail");
	if (detail && detail->kind == DOC_SCALAR)
		printable(span_str(detail->text), out);
}

/* What there is beside the content of any answer. */
static void hear(const struct answer *a, struct est_said *said)
{
	said->http_status = (int)a->status;
	said->moved = a->moved;
	said->renew_at = a->status == 200 ? a->renew_at : 0;
	/* RFC 8951 section 3.2: an error's body may be text/plain; beside EST it may be a problem
	 * (RFC 9457). Anything else is not for people. */
	if (a->status != 200 && strcmp(a->type, "text/plain") == 0)
		printable(buf_span(&a->body), said->text);
	else if (a->status != 200 && strcmp(a->type, "application/problem+json") == 0)
		problem(buf_span(&a->body), said->text);
	said->retry_after =
	    a->retry_after < EST_RETRY_AFTER_MAX ? a->retry_after : EST_RETRY_AFTER_MAX;
}

static struct status ask(struct session *s, const char *operation, const char *type,
    struct span body, struct answer *ret_answer, struct est_said *said, struct err *err)
{
	*said = (struct est_said){0};
	TRY(session_request(s, operation, type, body, ret_answer, err));
	hear(ret_answer, said);
	return STATUS_OK;
}

/* A good answer's body: its media type must fit, base64 goes, DER stays. */
static struct status content(const struct answer *a, const struct est_said *said,
    const char *operation, const char *type, struct buf *ret_der, struct err *err)
{
	struct err why = {0};

	if (a->status != 200)
		return refuse(said, reason_for(a->status), operation, err);
	if (strcmp(a->type, type) != 0)
		return err_refuse(err, WHY(ANSWER_TYPE), "%s: the answer is '%s', not %s",
		    operation, a->type, type);
	if (!base64_decode(buf_span(&a->body), ret_der, &why).ok)
		return err_refuse(err, WHY(ANSWER_MALFORMED), "%s: the answer is not base64: %s",
		    operation, why.message);
	return STATUS_OK;
}

static struct status certificates(const struct answer *a, const struct est_said *said,
    const char *operation, struct certs *list, struct err *err)
{
	AUTO(buf) der = {0};
	struct err why = {0};

	TRY(content(a, said, operation, "application/pkcs7-mime", &der, err));
	if (!certs_from_cms(buf_span(&der), list, &why).ok)
		return err_refuse(err, WHY(ANSWER_MALFORMED), "%s: %s", operation, why.message);
	return STATUS_OK;
}

struct status est_cacerts(
    struct session *s, struct certs *list, struct est_said *said, struct err *err)
{
	AUTO(answer) a = {0};

	TRY(ask(s, "cacerts", NULL, SPAN_NONE, &a, said, err));
	return certificates(&a, said, "cacerts", list, err);
}

struct status est_csrattrs(
    struct session *s, struct csrattrs *ret_attrs, struct est_said *said, struct err *err)
{
	AUTO(answer) a = {0};
	AUTO(buf) der = {0};

	TRY(ask(s, "csrattrs", NULL, SPAN_NONE, &a, said, err));
	/* RFC 7030 section 4.5.2: 204 or 404 mean that CSR attributes are not available. */
	if (a.status == 204 || a.status == 404)
		return STATUS_OK;
	TRY(content(&a, said, "csrattrs", "application/csrattrs", &der, err));
	return der.n ? csrattrs_parse(buf_span(&der), ret_attrs, err) : STATUS_OK;
}

struct status est_enroll(struct session *s, bool renew, struct span csr, struct certs *list,
    struct est_said *said, struct err *err)
{
	const char *operation = renew ? "simplereenroll" : "simpleenroll";
	AUTO(answer) a = {0};
	AUTO(buf) body = {0};

	base64_encode(csr, &body);
	TRY(ask(s, operation, "application/pkcs10", buf_span(&body), &a, said, err));
	return certificates(&a, said, operation, list, err);
}

struct status est_reset(struct session *s, struct est_said *said, struct err *err)
{
	AUTO(answer) a = {0};

	TRY(ask(s, "/.well-known/signet/reset", NULL, SPAN_LITERAL(""), &a, said, err));
	if (a.status >= 200 && a.status < 300 && a.status != 202)
		return STATUS_OK;
	return refuse(said, reason_for(a.status), "reset", err);
}

struct status est_get(struct session *s, const struct session_get *get, struct answer *ret_answer,
    struct est_said *said, struct err *err)
{
	*said = (struct est_said){0};
	TRY(session_get(s, get, ret_answer, err));
	hear(ret_answer, said);
	if (ret_answer->status == 200 || (ret_answer->status == 304 && get->if_none_match))
		return STATUS_OK;
	return refuse(said, reason_for(ret_answer->status), get->path, err);
}
