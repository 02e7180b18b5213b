/* clients/operator/release_check.c: see release_check.h. */
#include "clients/operator/release_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/algorithm.h"
#include "base/clock.h"
#include "base/encode.h"
#include "clients/operator/reason.h"
#include "clients/operator/refusal_reason.h"
#include "clients/operator/release_check_internal.h"
#include "clients/operator/value.h"
#include "signing/format/bundle_verify.h"
#include "signing/format/crypto_openssl.h"
#include "signing/format/entry.h"

void checking_say(struct checking *c, const char *what, const char *format, ...)
{
	va_list arguments;
	char line[300];

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	json_array_append_new(c->checks, json_pack("{s:s, s:s}", "check", what, "how", line));
}

/* ---- against a trust statement ---- */

static struct status check_by_trust(struct checking *c, struct err *err)
{
	const struct trust *trust = c->check->trust;
	const struct bundle_check check = {.trust = trust, .channel = c->seen.record.channel};
	enum refusal refusal = REFUSAL_NONE;
	struct err why = {0};

	if (!release_bundle_verify(&check, c->check->bundle, &c->seen, &refusal, &why).ok)
		return err_refuse(err, refusal_reason(refusal), "%s", why.message);
	checking_say(c, "signatures",
	    "by %zu key%s that trust statement %" PRIu64
	    " lets sign channel %.*s at sequence %" PRIu64,
	    c->seen.suit.signers.count, c->seen.suit.signers.count == 1 ? "" : "s", trust->version,
	    SPAN_PRINT(c->seen.record.channel), c->seen.record.sequence);
	if (c->seen.log_size)
		checking_say(c, "log",
		    "entry %" PRIu64 " of %" PRIu64 " in %.*s, by its checkpoint",
		    c->seen.log_index, c->seen.log_size, SPAN_PRINT(trust->log_origin));
	return STATUS_OK;
}

/* ---- by itself ---- */

struct chain_keys {
	size_t count;
	struct cose_key_owned owned[BUNDLE_CERTIFICATES_MAX];
};

static void chain_keys_auto(struct chain_keys *k)
{
	for (size_t i = 0; i < k->count; i++)
		cose_key_owned_free(&k->owned[i]);
}

static bool get_key(const void *context, size_t i, struct cose_key *ret_key)
{
	const struct chain_keys *k = context;

	if (i >= k->count)
		return false;
	*ret_key = cose_key_of(&k->owned[i]);
	return true;
}

/* Those above it sign no manifests, and may have keys that none is signed with. */
static void take_chain(const struct release_bundle *bundle, struct chain_keys *ret_keys)
{
	for (size_t i = 0; i < bundle->certificate_count; i++) {
		AUTO(buf) spki = {0};
		struct err err = {0};

		if (certificate_spki(bundle->certificates[i], &spki) &&
		    cose_key_from_spki(buf_span(&spki), &ret_keys->owned[ret_keys->count], &err).ok)
			ret_keys->count++;
	}
}

static struct status check_signatures(struct checking *c, struct err *err)
{
	AUTO(crypto_openssl) state = {0};
	const struct boot_crypto crypto = crypto_openssl(&state);
	AUTO(chain_keys) chain = {0};
	const struct cose_keys keys = {get_key, &chain};
	enum refusal refusal;

	take_chain(&c->seen.bundle, &chain);
	if (!chain.count) {
		checking_say(c, "not checked",
		    "signatures: no trust statement is given, and the "
		    "bundle has no certificate");
		return envelope_unverified(c, err);
	}
	refusal = suit_verify(&crypto, &keys, c->seen.bundle.envelope, &c->seen.suit);
	if (refusal != REFUSAL_NONE)
		return refusal_fail(refusal, "envelope", err);
	c->manifest = c->seen.suit.m;
	c->digest = c->seen.suit.digest.bytes;
	checking_say(c, "signatures", "by %zu key%s of the bundle's own chain",
	    c->seen.suit.signers.count, c->seen.suit.signers.count == 1 ? "" : "s");
	return STATUS_OK;
}

static struct status check_chain(struct checking *c, struct err *err)
{
	const struct release_bundle *b = &c->seen.bundle;
	const struct digest chain = sha256_parts(b->certificates, b->certificate_count);

	if (!span_equal(SPAN_OF(chain.bytes), c->seen.record.chain_digest))
		return refusal_fail(REFUSAL_BUNDLE_CHAIN, "chain", err);
	return STATUS_OK;
}

static struct status check_by_itself(struct checking *c, struct err *err)
{
	const struct release_bundle *b = &c->seen.bundle;
	struct entry entry;
	struct err why = {0};

	TRY(check_signatures(c, err));
	if (!span_equal(c->digest, c->seen.record.manifest_digest) ||
	    c->manifest.sequence != c->seen.record.sequence)
		return refusal_fail(REFUSAL_BUNDLE_RECORD, "record", err);
	TRY(check_chain(c, err));
	if (!entry_decode(b->entry, &entry, &why).ok ||
	    strcmp(entry.kind, RELEASE_RECORD_KIND) != 0 ||
	    !entry_commits_to(&entry, b->salt.p, b->record))
		return refusal_fail(REFUSAL_BUNDLE_ENTRY, "log entry", err);
	checking_say(c, "not checked", "who may sign, and which log it is in: give --trust");
	return STATUS_OK;
}

/* ---- what it is about ---- */

static struct status check_name(
    const char *what, const char *wanted, struct span is, struct err *err)
{
	if (!wanted || span_equal_str(is, wanted))
		return STATUS_OK;
	return err_refuse(
	    err, WHY(RELEASE_OTHER), "%s: '%.*s', not '%s'", what, SPAN_PRINT(is), wanted);
}

static struct status check_names(struct checking *c, struct err *err)
{
	const struct release_record *r = &c->seen.record;

	TRY(check_name("product", c->check->product, r->product, err));
	TRY(check_name("channel", c->check->channel, r->channel, err));
	TRY(check_name("version", c->check->version, r->version, err));
	checking_say(c, "release", "%.*s %.*s on channel %.*s, sequence %" PRIu64,
	    SPAN_PRINT(r->product), SPAN_PRINT(r->version), SPAN_PRINT(r->channel), r->sequence);
	return STATUS_OK;
}

static struct status check_approvals(struct checking *c, struct err *err)
{
	const struct release_record *r = &c->seen.record;
	enum refusal refusal = release_record_judge(r);

	if (refusal != REFUSAL_NONE)
		return refusal_fail(refusal, "approvals", err);
	checking_say(c, "approvals", "%zu, of this manifest's digest, none by %.*s who asked",
	    r->approval_count, SPAN_PRINT(r->requester));
	return STATUS_OK;
}

static struct status read_bundle(struct checking *c, struct err *err)
{
	enum refusal refusal = release_bundle_read(c->check->bundle, &c->seen.bundle);

	if (refusal != REFUSAL_NONE)
		return refusal_fail(refusal, "bundle", err);
	refusal = release_record_read(c->seen.bundle.record, &c->seen.record);
	return refusal == REFUSAL_NONE ? STATUS_OK : refusal_fail(refusal, "record", err);
}

static struct status run_all(struct checking *c, struct err *err)
{
	TRY(read_bundle(c, err));
	TRY(check_names(c, err));
	if (c->check->trust) {
		TRY(check_by_trust(c, err));
		c->manifest = c->seen.suit.m;
	} else {
		TRY(check_by_itself(c, err));
	}
	TRY(check_approvals(c, err));
	checking_say(c, "log entry", "release.signed, commits to exactly this record");
	TRY(check_components(c, err));
	return check_beside(c, err);
}

/* ---- telling ---- */

static json_t *text_of(struct span s)
{
	return s.p ? json_stringn((const char *)s.p, s.n) : json_null();
}

static json_t *time_of(uint64_t seconds)
{
	char text[TIME_TEXT_SIZE];

	time_text((int64_t)seconds, text);
	return json_string(text);
}

static json_t *approvals_of(const struct release_record *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->approval_count; i++)
		json_array_append_new(
		    list, json_pack("{s:o, s:o, s:o}", "approver",
			      text_of(r->approvals[i].approver), "role",
			      text_of(r->approvals[i].role), "at", time_of(r->approvals[i].time)));
	return list;
}

static json_t *report(const struct checking *c)
{
	const struct release_record *r = &c->seen.record;
	AUTO(buf) digest = {0};

	hex_encode(r->manifest_digest, &digest);
	return json_pack("{s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:O}", "product",
	    text_of(r->product), "channel", text_of(r->channel), "version", text_of(r->version),
	    "sequence", (json_int_t)r->sequence, "manifest_digest", text_of(buf_span(&digest)),
	    "requester", text_of(r->requester), "person", text_of(r->person), "approvals",
	    approvals_of(r), "signed_at", time_of(r->signed_at), "checks", c->checks);
}

struct status release_check(const struct release_check *check, json_t **ret_report, struct err *err)
{
	struct checking *c = mem_alloc(sizeof(*c));
	struct status s;

	c->check = check;
	c->checks = json_array();
	s = run_all(c, err);
	if (s.ok)
		*ret_report = report(c);
	json_decref(c->checks);
	free(c);
	return s;
}

static void print_approval(const struct screen *out, const json_t *approval)
{
	AUTO(buf) line = {0}, safe = {0};

	value_put(value_at(approval, "approver"), &line);
	buf_put_str(&line, " as ");
	value_put(value_at(approval, "role"), &line);
	buf_put_str(&line, " at ");
	value_put(value_at(approval, "at"), &line);
	text_put(&safe, buf_span(&line));
	screen_printf(out, "        approved by %s\n", buf_cstr(&safe));
}

void release_check_print(const struct screen *out, const json_t *report_json)
{
	size_t i;
	json_t *o;

	json_array_foreach((json_t *)(uintptr_t)value_at(report_json, "checks"), i, o)
	{
		const char *what = value_text(o, "check");
		bool ok = strcmp(what, "not checked") != 0;
		AUTO(buf) safe = {0};

		text_put(&safe, span_str(value_text(o, "how")));
		screen_printf(out, "  ");
		screen_put(out, ok ? STYLE_GREEN : STYLE_YELLOW, ok ? "ok" : "--");
		screen_printf(out, "  %-13s %s\n", what, buf_cstr(&safe));
	}
	json_array_foreach((json_t *)(uintptr_t)value_at(report_json, "approvals"), i, o)
	{
		print_approval(out, o);
	}
}
