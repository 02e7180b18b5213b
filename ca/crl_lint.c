/* ca/crl_lint.c: see crl_lint.h. */

#include "ca/crl_lint.h"

#include "ca/extension.h"

#define UTC_TIME_LAST INT64_C(2524607999) /* 2049-12-31T23:59:59Z */
#define NUMBER_MAX    20                  /* octets; RFC 5280 5.2.3 */

struct found { /* an extension */
	bool there, critical;
	struct span value;
};

struct list { /* parts of a TBSCertList */
	uint64_t version;
	struct span signature, issuer;
	uint8_t this_tag, next_tag;
	int64_t this_update, next_update;
	bool has_entries;
	struct span entries;
	struct found key_id, number, base, point, freshest;
	bool unknown_extension;
	/* of the entries */
	int64_t count;
	bool bad_serial, bad_time, bad_reason, reason_zero, removes, critical_entry;
};

/* ---- reading ---- */

static bool take_time(struct span *in, uint8_t *ret_tag, int64_t *ret_time)
{
	*ret_tag = in->n ? in->p[0] : 0;
	return der_take_time(in, ret_time);
}

static struct found *slot(struct list *l, struct span oid)
{
	const struct {
		struct span oid;
		struct found *found;
	} known[] = {{OID_AUTHORITY_KEY_ID, &l->key_id}, {OID_CRL_NUMBER, &l->number},
	    {OID_DELTA_CRL, &l->base}, {OID_ISSUING_POINT, &l->point},
	    {OID_FRESHEST_CRL, &l->freshest}};
	for (size_t i = 0; i < COUNT(known); i++)
		if (span_equal(known[i].oid, oid))
			return known[i].found;
	return NULL;
}

static bool take_extension(struct span *in, struct span *ret_oid, struct found *ret)
{
	struct span body;
	*ret = (struct found){.there = true};
	return der_take(in, DER_SEQUENCE, &body) && der_take(&body, DER_OID, ret_oid) &&
	       (!der_peek(body, DER_BOOLEAN) || der_take_bool(&body, &ret->critical)) &&
	       der_take(&body, DER_OCTET_STRING, &ret->value) && body.n == 0;
}

static bool read_extensions(struct span in, struct list *l)
{
	struct span tagged, body, oid;
	if (!der_take(&in, DER_CONTEXT_CONSTRUCTED | 0, &tagged) || in.n > 0 ||
	    !der_take(&tagged, DER_SEQUENCE, &body) || tagged.n > 0)
		return false;
	while (body.n > 0) {
		struct found e, *to;
		if (!take_extension(&body, &oid, &e))
			return false;
		to = slot(l, oid);
		if (!to || to->there)
			l->unknown_extension = true;
		else
			*to = e;
	}
	return true;
}

static bool read_reason(const struct found *e, struct list *l)
{
	struct span value = e->value, body;
	if (!der_take(&value, DER_ENUMERATED, &body) || value.n > 0 || body.n != 1)
		return false;
	l->reason_zero |= body.p[0] == 0;
	l->bad_reason |= body.p[0] == 7 || body.p[0] > 10;
	l->removes |= body.p[0] == 8;
	return true;
}

static bool read_entry_extensions(struct span in, struct list *l)
{
	struct span body, oid;
	if (!der_take(&in, DER_SEQUENCE, &body) || in.n > 0 || body.n == 0)
		return false;
	while (body.n > 0) {
		struct found e;
		if (!take_extension(&body, &oid, &e))
			return false;
		l->critical_entry |= e.critical;
		if (span_equal(oid, OID_CRL_REASON) && !read_reason(&e, l))
			return false;
	}
	return true;
}

static bool read_entry(struct span *in, struct list *l)
{
	struct span body, serial;
	uint8_t tag;
	int64_t when;
	l->count++;
	if (!der_take(in, DER_SEQUENCE, &body) || !der_take(&body, DER_INTEGER, &serial) ||
	    !take_time(&body, &tag, &when))
		return false;
	l->bad_serial |= serial.n == 0 || serial.n > 20 || (serial.p[0] & 0x80) ||
			 (serial.n > 1 && serial.p[0] == 0 && !(serial.p[1] & 0x80));
	l->bad_time |= tag != (when <= UTC_TIME_LAST ? DER_UTC_TIME : DER_GENERALIZED_TIME);
	return body.n == 0 || read_entry_extensions(body, l);
}

static bool read_list(struct span der, struct list *l)
{
	struct span in;
	if (!der_take(&der, DER_SEQUENCE, &in) || der.n > 0 || !der_take_uint(&in, &l->version) ||
	    !der_take_whole(&in, DER_SEQUENCE, &l->signature) ||
	    !der_take_whole(&in, DER_SEQUENCE, &l->issuer) ||
	    !take_time(&in, &l->this_tag, &l->this_update) ||
	    !take_time(&in, &l->next_tag, &l->next_update))
		return false;
	l->has_entries = der_peek(in, DER_SEQUENCE);
	if (l->has_entries && !der_take(&in, DER_SEQUENCE, &l->entries))
		return false;
	for (struct span rest = l->entries; rest.n > 0;)
		if (!read_entry(&rest, l))
			return false;
	return read_extensions(in, l);
}

/* ---- the lints ---- */

typedef struct crl_lint_context context_t;
#define LINT(name)                                                               \
	static bool lint_##name(__attribute__((unused)) const struct list *list, \
	    __attribute__((unused)) const context_t *context)

LINT(crl_version_not_v2)
{
	return list->version == 1;
}

LINT(crl_signature_alg_not_of_issuer_key)
{
	const struct key_algorithm *a;
	struct err ignored = {0};
	return key_algorithm_of_spki(context->issuer->spki, &a, &ignored).ok &&
	       span_equal(list->signature, a->signature->identifier);
}

LINT(crl_issuer_is_not_the_authority)
{
	return list->issuer.n > 2 && span_equal(list->issuer, context->issuer->subject);
}

LINT(crl_wrong_time_format)
{
	return list->this_tag ==
		   (list->this_update <= UTC_TIME_LAST ? DER_UTC_TIME : DER_GENERALIZED_TIME) &&
	       list->next_tag ==
		   (list->next_update <= UTC_TIME_LAST ? DER_UTC_TIME : DER_GENERALIZED_TIME);
}

LINT(crl_next_update_not_after_this_update)
{
	return list->next_update > list->this_update;
}

LINT(crl_revoked_certificates_field_empty)
{
	return !list->has_entries || list->entries.n > 0;
}

LINT(crl_serial_number_wrong)
{
	return !list->bad_serial;
}

LINT(crl_entry_wrong_time_format)
{
	return !list->bad_time;
}

LINT(crl_valid_reason_codes)
{
	return !list->bad_reason;
}

LINT(crl_unspecified_crl_entry_reason_code)
{
	return !list->reason_zero;
}

LINT(crl_remove_from_crl_in_full_list)
{
	return !list->removes || list->base.there;
}

LINT(crl_critical_entry_extension)
{
	return !list->critical_entry;
}

LINT(crl_extension_unknown_or_twice)
{
	return !list->unknown_extension;
}

LINT(crl_has_authority_key_identifier)
{
	struct span value = list->key_id.value, body, key_id;
	return list->key_id.there && !list->key_id.critical &&
	       der_take(&value, DER_SEQUENCE, &body) && der_take(&body, DER_CONTEXT | 0, &key_id) &&
	       span_equal(key_id, context->issuer->ski);
}

static bool is_number(const struct found *e, int64_t wanted)
{
	struct span value = e->value;
	uint64_t number;
	return e->there && e->value.n <= 2 + NUMBER_MAX && der_take_uint(&value, &number) &&
	       value.n == 0 && number == (uint64_t)wanted;
}

LINT(crl_missing_crl_number)
{
	return is_number(&list->number, context->order->number) && !list->number.critical;
}

LINT(crl_delta_indicator_wrong)
{
	const int64_t base = context->order->base;
	if (!base)
		return !list->base.there;
	return is_number(&list->base, base) && list->base.critical &&
	       base <= context->order->number;
}

LINT(crl_issuing_point_not_critical)
{
	return !list->point.there || list->point.critical;
}

LINT(crl_freshest_in_delta)
{
	return !list->freshest.there || (!list->base.there && !list->freshest.critical);
}

/* X(name, source) */
#define CRL_LINTS(X)                                                                      \
	X(crl_version_not_v2, "RFC 5280 5.1.2.1")                                         \
	X(crl_signature_alg_not_of_issuer_key, "RFC 5280 5.1.2.2")                        \
	X(crl_issuer_is_not_the_authority, "RFC 5280 5.1.2.3")                            \
	X(crl_wrong_time_format, "RFC 5280 5.1.2.4 and 5.1.2.5")                          \
	X(crl_next_update_not_after_this_update, "RFC 5280 5.1.2.5")                      \
	X(crl_revoked_certificates_field_empty, "RFC 5280 5.1.2.6")                       \
	X(crl_serial_number_wrong, "RFC 5280 4.1.2.2 and 5.1.2.6")                        \
	X(crl_entry_wrong_time_format, "RFC 5280 5.1.2.6")                                \
	X(crl_valid_reason_codes, "RFC 5280 5.3.1")                                       \
	X(crl_unspecified_crl_entry_reason_code, "RFC 5280 5.3.1")                        \
	X(crl_remove_from_crl_in_full_list,                                               \
	    "RFC 5280 5.3.1: it \"may only appear in delta CRLs\"")                       \
	X(crl_critical_entry_extension, "RFC 5280 5.3.1 and 5.3.2")                       \
	X(crl_extension_unknown_or_twice, "Signet: extensions that it writes, each once") \
	X(crl_has_authority_key_identifier, "RFC 5280 5.2.1")                             \
	X(crl_missing_crl_number, "RFC 5280 5.2.3")                                       \
	X(crl_delta_indicator_wrong, "RFC 5280 5.2.4")                                    \
	X(crl_issuing_point_not_critical, "RFC 5280 5.2.5")                               \
	X(crl_freshest_in_delta, "RFC 5280 5.2.6")

#define ADVICE "nothing was signed, the list before it stays; please report it"
static const struct {
	bool (*check)(const struct list *list, const context_t *context);
	struct reason reason;
} checks[] = {
#define CHECK_ROW(name, source) {lint_##name, {"lint." #name, ERR_INTERNAL, (source), ADVICE}},
    CRL_LINTS(CHECK_ROW)
#undef CHECK_ROW
};
const struct crl_lint_row crl_lints[] = {
#define NAME_ROW(name, source) {#name, (source)},
    CRL_LINTS(NAME_ROW){NULL, NULL},
#undef NAME_ROW
};

struct status crl_lint(struct span tbs_der, const struct crl_lint_context *context, struct err *err)
{
	static const struct reason malformed = {
	    "lint.crl_malformed", ERR_INTERNAL, "RFC 5280 5.1", ADVICE};
	struct list list = {0};
	if (!read_list(tbs_der, &list))
		return err_refuse(err, &malformed, "lint crl_malformed");
	for (size_t i = 0; i < COUNT(checks); i++)
		if (!checks[i].check(&list, context))
			return err_refuse(err, &checks[i].reason, "%s", checks[i].reason.code);
	return STATUS_OK;
}

/* ---- for people ---- */

static int64_t number_of(const struct found *e)
{
	struct span value = e->value;
	uint64_t number;
	return e->there && der_take_uint(&value, &number) && number <= INT64_MAX ? (int64_t)number
										 : 0;
}

struct status crl_read(struct span tbs_der, struct crl_said *ret_said, struct err *err)
{
	struct list list = {0};
	if (!read_list(tbs_der, &list))
		return err_set(err, ERR_INPUT, "it is no revocation list");
	*ret_said = (struct crl_said){.issuer = list.issuer,
	    .number = number_of(&list.number),
	    .base = number_of(&list.base),
	    .this_update = list.this_update,
	    .next_update = list.next_update,
	    .entries = list.count};
	return STATUS_OK;
}

struct status crl_open(
    struct span der, struct span *ret_tbs, struct span *ret_signature, struct err *err)
{
	struct span list, tbs, algorithm, signature;
	if (!der_take(&der, DER_SEQUENCE, &list) || der.n > 0 ||
	    !der_take_whole(&list, DER_SEQUENCE, &tbs) ||
	    !der_take_whole(&list, DER_SEQUENCE, &algorithm) || !der_take_bits(&list, &signature) ||
	    list.n > 0)
		return err_set(err, ERR_INPUT, "it is no signed revocation list (DER)");
	*ret_tbs = tbs;
	*ret_signature = signature;
	return STATUS_OK;
}
