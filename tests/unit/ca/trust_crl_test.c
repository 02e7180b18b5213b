#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/der.h"
#include "tests/lib/pg.h"
#include "tests/unit/ca/trust_scene.h"

/* A list in parts, each of which a test may replace; zero values are right. */
struct crl_plan {
	const struct made *by; /* issuer's name */
	EVP_PKEY *key;         /* NULL: by->key */
	bool version_1, no_next_update, empty_list, sign_other_bytes;
	int64_t this_update, next_update; /* 0: NOW - 3600, NOW + 3600 */
	size_t entries;                   /* serial numbers 1001 ... */
	struct span entry;                /* one more, whole DER */
	struct span extension;            /* one more, whole DER */
	const char *number;               /* DER of the INTEGER; NULL: 7 */
	struct span inner_behind, behind;
};

static void put_extension(struct buf *out, const char *oid, struct span value)
{
	size_t mark = der_begin(out, DER_SEQUENCE);
	der_put_oid(out, oid);
	der_put(out, DER_OCTET_STRING, value);
	der_end(out, mark);
}

static void put_entries(const struct crl_plan *plan, struct buf *out)
{
	if (!plan->entries && !plan->entry.n && !plan->empty_list)
		return;
	size_t list = der_begin(out, DER_SEQUENCE);
	for (size_t i = 0; i < plan->entries; i++) {
		size_t entry = der_begin(out, DER_SEQUENCE);
		der_put_uint(out, 1001 + i);
		der_put_time(out, NOW - 7200);
		der_end(out, entry);
	}
	buf_put(out, plan->entry);
	der_end(out, list);
}

static void put_extensions(const struct crl_plan *plan, struct buf *out)
{
	static const uint8_t seven[] = {2, 1, 7};
	size_t tagged = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0);
	size_t list = der_begin(out, DER_SEQUENCE);
	put_extension(out, "2.5.29.20", plan->number ? span_str(plan->number) : SPAN_OF(seven));
	buf_put(out, plan->extension);
	der_end(out, list);
	der_end(out, tagged);
}

static void put_tbs(const struct crl_plan *plan, struct span algorithm, struct buf *out)
{
	uint8_t *name = NULL;
	size_t mark = der_begin(out, DER_SEQUENCE);
	if (!plan->version_1)
		der_put_uint(out, 1);
	buf_put(out, algorithm);
	int n = i2d_X509_NAME(X509_get_subject_name(plan->by->certificate), &name);
	buf_put(out, span(name, (size_t)n));
	OPENSSL_free(name);
	der_put_time(out, plan->this_update ? plan->this_update : NOW - 3600);
	if (!plan->no_next_update)
		der_put_time(out, plan->next_update ? plan->next_update : NOW + 3600);
	put_entries(plan, out);
	if (!plan->version_1)
		put_extensions(plan, out);
	buf_put(out, plan->inner_behind);
	der_end(out, mark);
}

static struct buf crl_make(const struct crl_plan *plan)
{
	const struct signature_algorithm *a = key_algorithm_by_name("EC-P256")->signature;
	struct err err = {0};
	struct buf out = {0};
	AUTO(buf) tbs = {0};
	AUTO(buf) signature = {0};
	put_tbs(plan, a->identifier, &tbs);
	cr_assert(signature_make(plan->key ? plan->key : plan->by->key, a,
	    plan->sign_other_bytes ? SPAN_LITERAL("other") : buf_span(&tbs), &signature, &err)
		      .ok);
	size_t mark = der_begin(&out, DER_SEQUENCE);
	buf_put(&out, buf_span(&tbs));
	buf_put(&out, a->identifier);
	der_put_bits(&out, buf_span(&signature));
	der_end(&out, mark);
	buf_put(&out, plan->behind);
	return out;
}

Test(ca_trust_crl, a_list_of_the_anchor_is_read_and_walked)
{
	struct scene s;
	struct trust_crl crl;
	scene_init(&s);
	struct made root = make_authority("Root", NULL);
	struct trust_anchor *anchor = scene_trust(&s, &root);
	AUTO(buf) der = crl_make(&(struct crl_plan){.by = &root, .entries = 3});
	cr_assert(trust_crl_parse(anchor, buf_span(&der), SPAN_NONE, NOW, &crl, &s.err).ok, "%s",
	    s.err.message);
	cr_expect_eq(crl.number, 7);
	cr_expect_eq(crl.this_update, NOW - 3600);
	cr_expect_eq(crl.next_update, NOW + 3600);
	struct span rest = crl.revoked, serial;
	int64_t when = 0;
	for (uint8_t i = 0; i < 3; i++) {
		const uint8_t want[] = {0x03, (uint8_t)(0xe9 + i)};
		cr_assert(trust_crl_next(&rest, &serial, &when));
		cr_expect(span_equal(serial, SPAN_OF(want)));
		cr_expect_eq(when, NOW - 7200);
	}
	cr_expect_not(trust_crl_next(&rest, &serial, &when));
}

/* What trust_identify asks for and what the list says must be the same bytes. */
Test(ca_trust_crl, issuer_and_serial_are_those_of_the_path)
{
	struct scene s;
	struct trust_crl crl;
	scene_init(&s);
	struct made root = make_authority("Root", NULL), a = make_authority("A", &root),
		    leaf = make_idevid(&a);
	struct trust_anchor *anchor = scene_trust(&s, &root);
	cr_assert(scene_judge(&s, &leaf, ((const struct made *const[]){&a, NULL})));
	AUTO(buf) of_root = crl_make(&(struct crl_plan){.by = &root});
	AUTO(buf) of_a = crl_make(&(struct crl_plan){.by = &a});
	cr_assert(trust_crl_parse(anchor, buf_span(&of_root), SPAN_NONE, NOW, &crl, &s.err).ok);
	cr_expect_eq(memcmp(&crl.issuer, &s.identity.path[1].issuer, sizeof(crl.issuer)), 0);
	cr_expect_eq(crl.revoked.n, 0);
	cr_assert(trust_crl_parse(anchor, buf_span(&of_a), a.der, NOW, &crl, &s.err).ok, "%s",
	    s.err.message);
	cr_expect_eq(memcmp(&crl.issuer, &s.identity.path[0].issuer, sizeof(crl.issuer)), 0);
	cr_expect_not(trust_crl_parse(anchor, buf_span(&of_a), SPAN_NONE, NOW, &crl, &s.err).ok,
	    "the intermediate must be given");
}

Test(ca_trust_crl, a_hundred_thousand_entries_are_walked)
{
	struct scene s;
	struct trust_crl crl;
	size_t n = 0;
	scene_init(&s);
	struct made root = make_authority("Root", NULL);
	struct trust_anchor *anchor = scene_trust(&s, &root);
	AUTO(buf) der = crl_make(&(struct crl_plan){.by = &root, .entries = 100000});
	cr_assert(trust_crl_parse(anchor, buf_span(&der), SPAN_NONE, NOW, &crl, &s.err).ok, "%s",
	    s.err.message);
	struct span serial;
	int64_t when;
	while (trust_crl_next(&crl.revoked, &serial, &when))
		n++;
	cr_assert_eq(n, 100000);
}

static const uint8_t null[] = {5, 0};
/* deltaCRLIndicator, critical, BaseCRLNumber 1 */
static const uint8_t delta[] = {0x30, 13, 6, 3, 0x55, 0x1d, 0x1b, 1, 1, 0xff, 4, 3, 2, 1, 1};
/* issuingDistributionPoint, critical, onlyContainsUserCerts */
static const uint8_t partial[] = {
    0x30, 15, 6, 3, 0x55, 0x1d, 0x1c, 1, 1, 0xff, 4, 5, 0x30, 3, 0x81, 1, 0xff};
/* 1.2.3.4, critical and not */
static const uint8_t unknown_critical[] = {0x30, 12, 6, 3, 0x2a, 3, 4, 1, 1, 0xff, 4, 2, 5, 0};
static const uint8_t unknown[] = {0x30, 9, 6, 3, 0x2a, 3, 4, 4, 2, 5, 0};
static const uint8_t number_again[] = {0x30, 10, 6, 3, 0x55, 0x1d, 0x14, 4, 3, 2, 1, 8};
static const uint8_t other_aki[] = {0x30, 13, 6, 3, 0x55, 0x1d, 0x23, 4, 6, 0x30, 4, 0x80, 2, 1, 2};
#define ENTRY_TIME 0x17, 13, '2', '6', '0', '1', '0', '1', '0', '0', '0', '0', '0', '0', 'Z'
static const uint8_t entry_long_serial[] = {0x30, 38, 2, 21, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    13, 14, 15, 16, 17, 18, 19, 20, 21, ENTRY_TIME};
static const uint8_t entry_no_time[] = {0x30, 3, 2, 1, 1};
/* certificateIssuer, critical: an indirect list */
static const uint8_t entry_indirect[] = {0x30, 34, 2, 1, 1, ENTRY_TIME, 0x30, 14, 0x30, 12, 6, 3,
    0x55, 0x1d, 0x1d, 1, 1, 0xff, 4, 2, 0x30, 0};
static const uint8_t entry_behind[] = {0x30, 20, 2, 1, 1, ENTRY_TIME, 5, 0};
static const uint8_t entry_reason[] = {
    0x30, 32, 2, 1, 1, ENTRY_TIME, 0x30, 12, 0x30, 10, 6, 3, 0x55, 0x1d, 0x15, 4, 3, 10, 1, 1};

struct crl_case {
	const char *name, *words;
	struct crl_plan plan;
};

Test(ca_trust_crl, defective_lists_are_refused)
{
	static const struct crl_case cases[] = {
	    {"version 1", "version 2", {.version_1 = true}},
	    {"other bytes signed", "signature", {.sign_other_bytes = true}},
	    {"no nextUpdate", "nextUpdate", {.no_next_update = true}},
	    {"past nextUpdate", "has passed", {.next_update = NOW}},
	    {"thisUpdate to come", "to come", {.this_update = NOW + 1}},
	    {"empty list of entries", "empty", {.empty_list = true}},
	    {"delta", "delta", {.extension = SPAN_OF(delta)}},
	    {"partial", "distribution point", {.extension = SPAN_OF(partial)}},
	    {"unknown critical extension", "critical", {.extension = SPAN_OF(unknown_critical)}},
	    {"an extension twice", "twice", {.extension = SPAN_OF(number_again)}},
	    {"number below zero", "cRLNumber", {.number = "\x02\x01\xff"}},
	    {"number is no INTEGER", "cRLNumber", {.number = "\x04\x01\x01"}},
	    {"AKI of another key", "another key", {.extension = SPAN_OF(other_aki)}},
	    {"bytes behind", "behind", {.behind = SPAN_OF(null)}},
	    {"bytes behind inside", "behind", {.inner_behind = SPAN_OF(null)}},
	    {"serial number of 21 octets", "entry", {.entry = SPAN_OF(entry_long_serial)}},
	    {"entry without time", "entry", {.entry = SPAN_OF(entry_no_time)}},
	    {"entry of another issuer", "another issuer", {.entry = SPAN_OF(entry_indirect)}},
	    {"bytes behind an entry", "behind", {.entry = SPAN_OF(entry_behind)}},
	};
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Root", NULL);
	struct trust_anchor *anchor = scene_trust(&s, &root);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trust_crl crl;
		struct crl_plan plan = cases[i].plan;
		struct err err = {0};
		plan.by = &root;
		AUTO(buf) der = crl_make(&plan);
		cr_expect_not(
		    trust_crl_parse(anchor, buf_span(&der), SPAN_NONE, NOW, &crl, &err).ok, "%s",
		    cases[i].name);
		cr_expect_eq(err.kind, ERR_INPUT);
		cr_expect_not_null(
		    strstr(err.message, cases[i].words), "%s: %s", cases[i].name, err.message);
	}
}

Test(ca_trust_crl, accepted_variants_of_lists)
{
	static const struct crl_case cases[] = {
	    {"unknown extension that is not critical", NULL, {.extension = SPAN_OF(unknown)}},
	    {"entry with a reason", NULL, {.entry = SPAN_OF(entry_reason)}},
	    /* RFC 5280 5.2.3: "MUST be able to handle CRLNumber values up to 20 octets" */
	    {"number of 20 octets", NULL,
		{.number =
			"\x02\x14\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
			"\x01\x01\x01\x01"}},
	};
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Root", NULL);
	struct trust_anchor *anchor = scene_trust(&s, &root);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trust_crl crl;
		struct crl_plan plan = cases[i].plan;
		struct err err = {0};
		plan.by = &root;
		AUTO(buf) der = crl_make(&plan);
		cr_expect(trust_crl_parse(anchor, buf_span(&der), SPAN_NONE, NOW, &crl, &err).ok,
		    "%s: %s", cases[i].name, err.message);
	}
}

Test(ca_trust_crl, only_the_anchor_or_an_authority_below_it_may_revoke)
{
	struct scene s;
	struct trust_crl crl;
	scene_init(&s);
	struct made root = make_authority("Root", NULL),
		    stranger = make_authority("Stranger", NULL),
		    imitation = make_authority("Root", NULL), leaf = make_idevid(&root),
		    of_stranger = make_authority("A", &stranger);
	struct made mute = make(&root,
	    &(struct plan){.subject = {"CN", "Mute"},
		.extensions = {"basicConstraints", "CA:TRUE", "keyUsage", "keyCertSign", BELOW}});
	const struct {
		const char *name;
		const struct made *by;
		struct span intermediate;
	} cases[] = {
	    {"a stranger", &stranger, SPAN_NONE},
	    {"an authority of the same name", &imitation, SPAN_NONE},
	    {"a device", &leaf, leaf.der},
	    {"an intermediate of a stranger", &of_stranger, of_stranger.der},
	    {"an intermediate without cRLSign", &mute, mute.der},
	};
	struct trust_anchor *anchor = scene_trust(&s, &root);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = {0};
		AUTO(buf) der = crl_make(&(struct crl_plan){.by = cases[i].by});
		cr_expect_not(
		    trust_crl_parse(anchor, buf_span(&der), cases[i].intermediate, NOW, &crl, &err)
			.ok,
		    "%s", cases[i].name);
	}
}

static struct buf behind_each_other(const struct made *const *all, size_t count)
{
	struct buf out = {0};
	for (size_t i = 0; i < count; i++)
		buf_put(&out, all[i]->der);
	return out;
}

/* A path may have three intermediates: each of them revokes, too. */
Test(ca_trust_crl, an_authority_far_below_the_anchor_revokes_with_those_between)
{
	struct scene s;
	struct trust_crl crl;
	scene_init(&s);
	struct made root = make_authority("Root", NULL), a = make_authority("A", &root),
		    b = make_authority("B", &a), c = make_authority("C", &b),
		    d = make_authority("D", &c), other = make_authority("B", &root);
	const struct {
		const char *name;
		const struct made *by, *given[5];
		size_t count;
		bool taken;
	} cases[] = {
	    {"two", &b, {&b, &a}, 2, true},
	    {"three", &c, {&c, &b, &a}, 3, true},
	    {"the anchor at the end is one too many to be of use", &b, {&b, &a, &root}, 3, true},
	    {"the one between is missing", &b, {&b}, 1, false},
	    {"the wrong way round", &b, {&a, &b}, 2, false},
	    {"another of the same name", &c, {&c, &other}, 2, false},
	    {"four", &d, {&d, &c, &b, &a}, 4, false},
	};
	struct trust_anchor *anchor = scene_trust(&s, &root);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = {0};
		AUTO(buf) der = crl_make(&(struct crl_plan){.by = cases[i].by});
		AUTO(buf) given = behind_each_other(cases[i].given, cases[i].count);
		cr_expect_eq(
		    trust_crl_parse(anchor, buf_span(&der), buf_span(&given), NOW, &crl, &err).ok,
		    cases[i].taken, "%s: %s", cases[i].name, err.message);
	}
}

Test(ca_trust_crl, every_truncation_and_flipped_bit_is_refused)
{
	struct scene s;
	struct trust_crl crl;
	scene_init(&s);
	struct made root = make_authority("Root", NULL);
	struct trust_anchor *anchor = scene_trust(&s, &root);
	AUTO(buf) der = crl_make(&(struct crl_plan){.by = &root, .entries = 2});
	for (size_t n = 0; n < der.n; n++) {
		struct err err = {0};
		cr_expect_not(
		    trust_crl_parse(anchor, span(der.p, n), SPAN_NONE, NOW, &crl, &err).ok,
		    "cut at %zu", n);
	}
	for (size_t bit = 0; bit < der.n * 8; bit++) {
		struct err err = {0};
		der.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_expect_not(
		    trust_crl_parse(anchor, buf_span(&der), SPAN_NONE, NOW, &crl, &err).ok,
		    "bit %zu", bit);
		der.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

/* ---- import, into a real database ---- */

static int64_t fixed_now(void *context)
{
	(void)context;
	return NOW;
}

static bool import(struct scene *s, struct db *db, struct span crl, size_t *ret_revoked)
{
	const struct clock clock = {fixed_now, NULL};
	err_clear(&s->err);
	return trust_crl_import(
	    db, &s->policy, "test", crl, SPAN_NONE, "test", &clock, ret_revoked, &s->err)
	    .ok;
}

Test(ca_trust_crl, import_replaces_the_list_and_never_goes_back, .timeout = 60)
{
	struct scene s;
	size_t revoked = 0;
	scene_init(&s);
	struct made root = make_authority("Root", NULL);
	scene_trust(&s, &root);
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	AUTO(buf) older = crl_make(&(struct crl_plan){.by = &root, .number = "\x02\x01\x06"});
	AUTO(buf) first = crl_make(&(struct crl_plan){.by = &root, .entries = 10001});
	AUTO(buf)
	next = crl_make(&(struct crl_plan){.by = &root, .entries = 2, .number = "\x02\x01\x08"});
	cr_assert(
	    import(&s, db, buf_span(&first), &revoked), "%s (%s)", s.err.message, s.err.cause);
	cr_expect_eq(revoked, 10001);
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM trust_revoked"), 10001);
	cr_expect_eq(
	    pg_number(&d, "SELECT count(*) FROM trust_revoked WHERE serial = '\\x03e9'"), 1);
	cr_expect_not(import(&s, db, buf_span(&older), &revoked), "number 6 after 7");
	cr_expect_eq(s.err.kind, ERR_CONFLICT);
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM trust_revoked"), 10001);
	cr_assert(import(&s, db, buf_span(&first), &revoked), "again: %s", s.err.message);
	cr_assert(import(&s, db, buf_span(&next), &revoked), "%s", s.err.message);
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM trust_revoked"), 2);
	cr_expect_eq(pg_number(&d, "SELECT number FROM trust_crl"), 8);
	cr_expect_eq(
	    pg_number(&d, "SELECT count(*) FROM log_entry WHERE kind = 'trust-crl.imported'"), 3);
	cr_expect_eq(
	    pg_number(&d, "SELECT count(*) FROM policy_change WHERE kind = 'trust-crl'"), 3);
	db_close(TAKE(db));
	pg_database_drop(&d);
}

Test(ca_trust_crl, import_reads_pem_and_knows_its_anchors, .timeout = 60)
{
	struct scene s;
	size_t revoked = 0;
	scene_init(&s);
	struct made root = make_authority("Root", NULL);
	scene_trust(&s, &root);
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	const struct clock clock = {fixed_now, NULL};
	AUTO(buf) der = crl_make(&(struct crl_plan){.by = &root, .entries = 1});
	AUTO(buf) pem = {0};
	buf_put_str(&pem, "-----BEGIN X509 CRL-----\n");
	base64_encode_wrapped(buf_span(&der), 64, &pem);
	buf_put_str(&pem, "-----END X509 CRL-----\n");
	cr_expect(import(&s, db, buf_span(&pem), &revoked), "%s", s.err.message);
	cr_expect_eq(revoked, 1);
	cr_expect_not(import(&s, db, SPAN_LITERAL("-----BEGIN X509 CRL-----\n"), &revoked));
	cr_expect_not(import(&s, db, SPAN_NONE, &revoked));
	err_clear(&s.err);
	cr_expect_not(trust_crl_import(
	    db, &s.policy, "nobody", buf_span(&der), SPAN_NONE, "test", &clock, &revoked, &s.err)
			  .ok);
	cr_expect_eq(s.err.kind, ERR_MISSING);
	db_close(TAKE(db));
	pg_database_drop(&d);
}
