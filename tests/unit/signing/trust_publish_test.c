/* tests/unit/signing/trust_publish_test.c: which trust statements the server hands out. */
#include "signing/trust_publish.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "signing/format/trust_build.h"
#include "signing/release_log.h"
#include "tests/unit/signing/release_scene.h"

/* Keys of the people who sign statements: offline, so none of the scene's. */
#define PEOPLE 4

static struct release_scene *s;
static EVP_PKEY *people[PEOPLE];
static struct cose_key_owned owned[PEOPLE];

static void open_scene(void)
{
	s = release_scene_new();
	for (size_t i = 0; i < PEOPLE; i++) {
		AUTO(buf) spki = {0};
		struct err err = {0};

		people[i] = pki_key(i % 2 ? "Ed25519" : "EC-P256");
		cr_assert(key_spki(people[i], &spki, &err).ok);
		cr_assert(cose_key_from_spki(buf_span(&spki), &owned[i], &err).ok);
	}
}
static void close_scene(void)
{
	for (size_t i = 0; i < PEOPLE; i++) {
		EVP_PKEY_free(people[i]);
		cose_key_owned_free(&owned[i]);
	}
	release_scene_free(s);
}
TestSuite(trust_publish, .timeout = 180, .init = open_scene, .fini = close_scene);

static void sign(struct span payload, size_t who, struct cose_made *ret_made)
{
	const struct key_algorithm *a = cose_key_algorithm(owned[who].algorithm);
	AUTO(buf) tbs = {0};
	AUTO(buf) native = {0};
	AUTO(buf) raw = {0};
	struct err err = {0};

	cose_put_tbs(owned[who].algorithm, SPAN_OF(owned[who].kid), TRUST_AAD, payload, &tbs);
	cr_assert(signature_make(people[who], a->signature, buf_span(&tbs), &native, &err).ok);
	cr_assert(
	    cose_signature_from_native(owned[who].algorithm, buf_span(&native), &raw, &err).ok);
	*ret_made = (struct cose_made){
	    owned[who].algorithm, SPAN_OF(owned[who].kid), arena_copy(&s->arena, buf_span(&raw))};
}

/* A statement: who signs it and the next one (a bit each), how many must. */
struct wanted {
	uint64_t version;
	unsigned signers, next, threshold;
	const char *product; /* NULL: x100 */
	const char *domain;  /* NULL: acme.example */
};

static struct span statement(const struct wanted *w)
{
	struct cose_key device = {0}, next[PEOPLE];
	const struct span channel = SPAN_LITERAL("stable");
	AUTO_REF(signer_key) k = NULL;
	struct trust_build build = {.product = span_str(w->product ? w->product : "x100"),
	    .version = w->version,
	    .key_count = 1,
	    .grant_count = 1,
	    .keys = &device,
	    .next_threshold = w->threshold,
	    .next = next,
	    .created = (uint64_t)RELEASE_NOW};
	struct trust_build_grant grant = {.kid_count = 1,
	    .channel_count = 1,
	    .kids = &device.kid,
	    .channels = &channel,
	    .signers = 1,
	    .first = 1,
	    .last = UINT64_MAX,
	    .may_recall = true};
	struct cose_made made[PEOPLE];
	AUTO(buf) payload = {0};
	AUTO(buf) file = {0};
	struct err err = {0};
	size_t n = 0;

	cr_assert(signer_open(s->context.signer, &s->keys[KEY_P256], &k, &err).ok);
	device = k->public;
	build.grants = &grant;
	uuid_vendor(w->domain ? w->domain : "acme.example", build.vendor_id);
	for (size_t i = 0; i < PEOPLE; i++)
		if (w->next >> i & 1)
			next[build.next_count++] = cose_key_of(&owned[i]);
	cr_assert(trust_build_payload(&build, &payload, &err).ok, "%s", err.message);
	for (size_t i = 0; i < PEOPLE; i++)
		if (w->signers >> i & 1)
			sign(buf_span(&payload), i, &made[n++]);
	trust_build_file(buf_span(&payload), made, n, &file);
	return arena_copy(&s->arena, buf_span(&file));
}

static struct status publish(
    struct span file, struct trust_row *ret_row, bool *ret_made, struct err *err)
{
	const struct release_actor by = {.name = "bob", .person = "bob"};
	struct status done;

	cr_assert(db_begin(s->context.db, err).ok);
	done =
	    trust_publish(&s->context, &s->product, file, &by, &s->arena, ret_row, ret_made, err);
	if (done.ok)
		return db_commit(s->context.db, err);
	db_rollback(s->context.db);
	return done;
}

static void expect_taken(const struct wanted *w)
{
	struct trust_row row;
	struct err err = {0};
	bool made = false;

	cr_assert(publish(statement(w), &row, &made, &err).ok, "%s (%s)", err.message, err.cause);
	cr_expect(made);
	cr_expect_eq(row.version, (int64_t)w->version);
}

static void expect_refused(struct span file, const char *code)
{
	struct trust_row row;
	struct err err = {0};
	bool made;

	cr_expect_not(publish(file, &row, &made, &err).ok, "%s", code);
	cr_expect_str_eq(err_code(&err), code, "%s: %s", err_code(&err), err.message);
}

/* People 0 and 1 at first, two of them; then 1 and 2. */
static const struct wanted first = {.version = 1, .signers = 3, .next = 3, .threshold = 2},
			   second = {.version = 2, .signers = 7, .next = 6, .threshold = 2};

Test(trust_publish, statements_follow_each_other_under_both_quorums)
{
	struct trust_row row;
	struct err err = {0};
	const char *fault;
	AUTO(buf) record = {0};

	expect_taken(&first);
	expect_taken(&second);
	cr_assert(trust_newest(s->context.db, s->product.id, &s->arena, &row, &err).ok);
	cr_expect_eq(row.version, 2);
	cr_expect_str_eq(row.published_by, "bob");
	cr_expect_eq(pg_number(&s->log.database,
			 "SELECT count(*) FROM log_entry e JOIN log_salt l ON l.entry_id = e.id "
			 "WHERE e.kind = 'trust.published' AND l.record_kind = 'trust-statement'"),
	    2);
	cr_assert(
	    trust_record_again(s->context.db, RELEASE_NOW, row.id, &s->arena, &record, &fault, &err)
		.ok);
	cr_expect_null(fault);
	pg_exec(&s->log.database, "UPDATE trust_statement SET bytes = '\\x00' WHERE version = 2");
	cr_assert(
	    trust_record_again(s->context.db, RELEASE_NOW, row.id, &s->arena, &record, &fault, &err)
		.ok);
	cr_expect_not_null(fault);
}

Test(trust_publish, the_newest_again_changes_nothing)
{
	const struct span file = statement(&first);
	struct trust_row row;
	struct err err = {0};
	bool made;

	cr_assert(publish(file, &row, &made, &err).ok, "%s", err.message);
	cr_assert(publish(file, &row, &made, &err).ok, "%s", err.message);
	cr_expect_not(made);
	cr_expect_eq(row.version, 1);
}

Test(trust_publish, the_first_needs_its_own_quorum)
{
	struct wanted w = first;

	w.signers = 1;
	expect_refused(statement(&w), "trust.quorum");
	w.signers = 1 | 8;
	expect_refused(statement(&w), "trust.quorum");
}

Test(trust_publish, the_next_needs_the_old_quorum_and_its_own)
{
	struct wanted w = second;

	expect_taken(&first);
	w.signers = 6; /* 0 is missing for the old one */
	expect_refused(statement(&w), "trust.quorum");
	w.signers = 3; /* 2 is missing for its own */
	expect_refused(statement(&w), "trust.quorum");
	w.signers = 7;
	expect_taken(&w);
}

Test(trust_publish, versions_rise_by_one)
{
	struct wanted w = second;

	expect_refused(statement(&second), "trust.version");
	expect_taken(&first);
	w.version = 3;
	expect_refused(statement(&w), "trust.version");
	expect_taken(&second);
	/* another statement of a version that is there */
	w.version = 2;
	w.threshold = 1;
	expect_refused(statement(&w), "trust.version");
	expect_refused(statement(&first), "trust.version");
}

Test(trust_publish, it_is_for_this_product_and_its_vendor)
{
	struct wanted w = first;

	w.product = "y200";
	expect_refused(statement(&w), "trust.for");
	w = first;
	w.domain = "other.example";
	expect_refused(statement(&w), "trust.for");
}

Test(trust_publish, what_is_no_statement_is_refused)
{
	const struct span file = statement(&first);
	uint8_t *longer = arena_alloc(&s->arena, file.n + 1);
	const char *product;
	struct err err = {0};

	memcpy(longer, file.p, file.n);
	expect_refused(SPAN_NONE, "trust.form");
	expect_refused(span(file.p, file.n - 1), "trust.form");
	expect_refused(span(longer, file.n + 1), "trust.form");
	cr_expect_not(trust_product(SPAN_LITERAL("x"), &s->arena, &product, &err).ok);
	cr_assert(trust_product(file, &s->arena, &product, &err).ok);
	cr_expect_str_eq(product, "x100");
}

/* Every octet stands under a signature, or has one form alone. */
Test(trust_publish, any_octet_flipped_is_refused)
{
	const struct span file = statement(&first);
	uint8_t *copy = arena_alloc(&s->arena, file.n);
	struct trust_row row;

	for (size_t i = 0; i < file.n; i++) {
		struct err err = {0};
		bool made;

		memcpy(copy, file.p, file.n);
		copy[i] ^= 1;
		cr_expect_not(publish(span(copy, file.n), &row, &made, &err).ok, "octet %zu of %zu",
		    i, file.n);
		cr_expect(
		    strncmp(err_code(&err), "trust.", 6) == 0, "octet %zu: %s", i, err_code(&err));
	}
}

Test(trust_publish, approvers_read_what_changes)
{
	struct release_step_plan plan;
	struct err err = {0};

	expect_taken(&first);
	cr_assert(
	    trust_plan(&s->context, &s->product, statement(&second), &s->arena, &plan, &err).ok);
	cr_expect(strstr(plan.difference, "{\"path\":\"/version\",\"old\":\"1\",\"new\":\"2\"}"),
	    "%s", plan.difference);
	cr_expect(strstr(plan.difference, "on stable, from sequence 1, 0 approvals, may recall"),
	    "%s", plan.difference);
	cr_expect(strstr(plan.difference, "\"/next\""), "%s", plan.difference);
}
