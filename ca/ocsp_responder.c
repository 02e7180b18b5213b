/* ca/ocsp_responder.c: see ocsp_responder.h. */
#include "ca/ocsp_responder.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "ca/act.h"
#include "ca/certificate_record.h"
#include "ca/issue.h"
#include "ca/profile.h"
#include "sql/policy.h"
#include "sql/server_certificate.h"

/* What hsm/ takes for a file's name, and a CN (X.520 upper bound). */
#define NAME_MAX_OCTETS 64

/* ---- keys ---- */

/* Names that are too long for a file are known by a digest. */
static void key_uri(const struct ocsp_responder_context *c, const struct authority *a, int number,
    char *uri, size_t size)
{
	char tail[16] = "";

	if (number > 1)
		snprintf(tail, sizeof(tail), "-%d", number);
	if (strlen(c->node) + strlen(a->name) + strlen("ocsp--.key") + strlen(tail) <=
	    NAME_MAX_OCTETS) {
		snprintf(uri, size, "file:ocsp-%s-%s%s.key", c->node, a->name, tail);
		return;
	}
	const struct span parts[] = {span_str(c->node), SPAN_LITERAL("/"), span_str(a->name)};
	const struct digest d = sha256_parts(parts, COUNT(parts));
	char hex[2 * SHA256_SIZE + 1];

	hex_text(SPAN_OF(d.bytes), hex);
	snprintf(uri, size, "file:ocsp-%.32s%s.key", hex, tail);
}

/* A client that trusts an authority can check what its key makes: the same kind, the quickest. */
static const struct key_algorithm *kind_for(const struct authority *a, struct err *err)
{
	static const struct {
		const char *family, *responder;
	} kinds[] = {{"EC-", "EC-P256"}, {"RSA-", "RSA-2048"}};
	const struct key_algorithm *own;

	if (!key_algorithm_of_spki(a->spki, &own, err).ok)
		return NULL;
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strncmp(own->name, kinds[i].family, strlen(kinds[i].family)) == 0)
			return key_algorithm_by_name(kinds[i].responder);
	return own;
}

/* Another process of this node may make it at the same moment: then it is that one. */
static struct status open_or_make(struct ocsp_responder_context *c, const struct authority *a,
    int number, struct hsm_key **ret_key, struct err *err)
{
	const struct key_algorithm *kind = kind_for(a, err);
	struct err why = {0};
	char uri[128];

	if (!kind)
		return STATUS_FAILED;
	key_uri(c, a, number, uri, sizeof(uri));
	if (hsm_key_open(c->hsm, uri, ret_key, &why).ok)
		return STATUS_OK;
	if (why.kind != ERR_MISSING) {
		*err = why;
		return STATUS_FAILED;
	}
	err_clear(&why);
	if (hsm_key_generate(c->hsm, uri, kind, ret_key, &why).ok)
		return STATUS_OK;
	if (why.kind == ERR_CONFLICT)
		return hsm_key_open(c->hsm, uri, ret_key, err);
	*err = why;
	return STATUS_FAILED;
}

/* The key of a stored certificate, and its number; NULL: not on this node. */
static struct hsm_key *find_key(struct ocsp_responder_context *c, const struct authority *a,
    struct span digest, int *ret_number)
{
	for (int i = 1; i <= OCSP_RESPONDER_KEYS_MAX; i++) {
		struct hsm_key *key = NULL;
		struct err why = {0};
		char uri[128];

		key_uri(c, a, i, uri, sizeof(uri));
		if (!hsm_key_open(c->hsm, uri, &key, &why).ok)
			return NULL;
		const struct digest own = sha256(hsm_key_spki(key));
		if (span_equal(SPAN_OF(own.bytes), digest)) {
			*ret_number = i;
			return key;
		}
		hsm_key_free(key);
	}
	return NULL;
}

/* ---- certificates ---- */

static struct status issue(const struct ocsp_responder_context *c, struct authority *a,
    const struct hsm_key *key, struct issued *ret, struct err *err)
{
	AUTO(arena) arena = {0};
	const struct issue_subject nobody = {0};
	struct profile *profile;
	char name[NAME_MAX_OCTETS + 1];

	snprintf(name, sizeof(name), "OCSP %s", c->node);
	TRY(profile_ocsp(a, name, hsm_key_algorithm(key), &arena, &profile, err));
	return issue_certificate(profile, &nobody, hsm_key_spki(key), hsm_key_algorithm(key),
	    clock_now(c->clock), c->rng, ret, err);
}

static struct status store(const struct ocsp_responder_context *c, const struct authority *a,
    const struct issued *issued, const struct key_algorithm *kind, struct err *err)
{
	AUTO(log_line) line = {0};
	AUTO(buf) record = {0};
	const struct certificate_columns columns = {
	    .der = buf_span(&issued->der), .authority_id = a->id};
	const struct server_certificate row = {
	    .authority_id = a->id,
	    .serial = SPAN_OF(issued->serial),
	    .key_digest = issued->key_digest,
	    .subject = buf_span(&issued->subject),
	    .not_before = issued->not_before,
	    .not_after = issued->not_after,
	    .der = buf_span(&issued->der),
	    .shard = issued->shard,
	    .key_algorithm = kind->name,
	};
	int64_t id;

	certificate_record(&columns, &record);
	TRY(log_line_make(
	    "certificate.issued", clock_now(c->clock), c->rng, buf_span(&record), &line, err));
	TRY(server_certificate_store(c->db, &row, &line, &id, err));
	return ocsp_responder_put(c->db, a->id, c->node, id, err);
}

/* One commit: nobody sees an answer by a certificate that is not in the store. */
static struct status store_whole(const struct ocsp_responder_context *c, const struct authority *a,
    const struct issued *issued, const struct key_algorithm *kind, struct err *err)
{
	struct status stored;

	TRY(db_begin(c->db, err));
	stored = store(c, a, issued, kind, err);
	if (stored.ok)
		stored = db_commit(c->db, err);
	if (!stored.ok)
		db_rollback(c->db);
	return stored;
}

static struct status certify(struct ocsp_responder_context *c, struct authority *a, int number,
    struct ocsp_signer **ret_signer, struct err *err)
{
	AUTO_REF(hsm_key) key = NULL;
	AUTO(issued) issued = {0};

	TRY(open_or_make(c, a, number, &key, err));
	TRY(issue(c, a, key, &issued, err));
	TRY(store_whole(c, a, &issued, hsm_key_algorithm(key), err));
	*ret_signer = ocsp_signer_new(TAKE(key), buf_span(&issued.der), issued.not_before,
	    issued.not_after, ++c->next_number);
	return STATUS_OK;
}

/* A key that the store does not take was given up: the next one. */
static struct status certify_some(struct ocsp_responder_context *c, struct authority *a, int number,
    struct ocsp_signer **ret_signer, struct err *err)
{
	for (; number <= OCSP_RESPONDER_KEYS_MAX; number++) {
		struct err why = {0};

		if (certify(c, a, number, ret_signer, &why).ok)
			return STATUS_OK;
		if (why.kind != ERR_CONFLICT) {
			*err = why;
			return STATUS_FAILED;
		}
	}
	return err_set(err, ERR_KEY, "%d keys of this responder were given up; remove their files",
	    OCSP_RESPONDER_KEYS_MAX);
}

/* ---- keeping ---- */

/* A clock that was set back does not make a certificate too new: it is of use again later. */
bool ocsp_signer_is_due(const struct ocsp_signer *s, int64_t now)
{
	return now > s->not_before + (s->not_after - s->not_before) / 2 || now < s->not_before;
}

/* What the store has for this node, if that may be used; ret_next: the key to go on with. */
static struct status find(struct ocsp_responder_context *c, const struct authority *a,
    struct ocsp_signer **ret_signer, int *ret_next, struct err *err)
{
	AUTO(arena) arena = {0};
	struct ocsp_responder_row row;
	AUTO_REF(hsm_key) key = NULL;
	int number = 0;

	*ret_next = 1;
	TRY(ocsp_responder_read(c->db, a->id, c->node, &arena, &row, err));
	if (row.certificate_id)
		key = find_key(c, a, row.key_digest, &number);
	if (!key)
		return STATUS_OK;
	*ret_next = row.revoked ? number + 1 : number;
	if (!row.revoked && row.not_after > clock_now(c->clock))
		*ret_signer = ocsp_signer_new(
		    TAKE(key), row.der, row.not_before, row.not_after, ++c->next_number);
	return STATUS_OK;
}

struct status ocsp_responder_keep(struct ocsp_responder_context *c, struct authority *a,
    struct ocsp_signer **ret_signer, struct err *err)
{
	struct ocsp_signer *next;
	int number;

	*ret_signer = NULL;
	TRY(find(c, a, ret_signer, &number, err));
	if (*ret_signer && !ocsp_signer_is_due(*ret_signer, clock_now(c->clock)))
		return STATUS_OK;
	/* The last one of an authority that ends soon stays as long as it can. */
	if (*ret_signer && (*ret_signer)->not_after >= a->not_after)
		return STATUS_OK;
	if (!a->key)
		return err_set(
		    err, ERR_KEY, "authority '%s' has no key here: %s", a->name, a->key_problem);
	TRY(certify_some(c, a, number, &next, err));
	ocsp_signer_release(*ret_signer);
	*ret_signer = next;
	return STATUS_OK;
}

/* ---- the alarm ---- */

static struct status put_alarm(
    const struct ocsp_responder_context *c, const char *detail, int64_t now, struct err *err)
{
	AUTO(log_line) line = {0};
	int64_t id;

	TRY(log_line_make("alarm.ocsp", now, c->rng, span_str(detail), &line, err));
	TRY(alarm_add(c->db, "ocsp", detail, now, &id, err));
	return sql_log_append(c->db, &line, "alarm", id, err);
}

struct status ocsp_responder_alarm(const struct ocsp_responder_context *c,
    const struct authority *a, const char *why, struct err *err)
{
	AUTO(buf) detail = {0};
	struct json j = {.out = &detail};
	const int64_t now = clock_now(c->clock);
	struct status done;

	json_object_begin(&j, NULL);
	json_str(&j, "kind", "ocsp");
	json_int(&j, "at", now);
	json_str(&j, "authority", a->name);
	json_str(&j, "node", c->node);
	json_str(&j, "message", why);
	json_object_end(&j);
	TRY(db_begin(c->db, err));
	done = put_alarm(c, buf_cstr(&detail), now, err);
	if (done.ok)
		done = db_commit(c->db, err);
	if (!done.ok)
		db_rollback(c->db);
	return done;
}
