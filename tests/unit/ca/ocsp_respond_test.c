/*
 * tests/unit/ca/ocsp_respond_test.c: from request to answer, with a database behind it: what is
 * said, by whom, out of the cache or not, and what the clock may do meanwhile.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ca/ocsp.h"
#include "ca/reason.h"
#include "tests/lib/pg.h"
#include "tests/unit/ca/issue_fixture.h"

/* Behind our own headers: it has macros of names that they have. */
#include <openssl/ocsp.h>

static int64_t rig_now(void *context)
{
	return *(int64_t *)context;
}

struct rig {
	struct pg_database database;
	struct db *db;
	struct world world;
	struct policy policy;
	struct clock clock;
	struct ocsp ocsp;
	struct err err;
};

/* A board of the world's issuing authority, whose own key stands in for a responder's. */
static void show(struct rig *r, bool signer)
{
	struct ocsp_board *b = ocsp_board_new(&r->policy);
	struct world *w = &r->world;

	if (signer)
		b->responders[0].signer = ocsp_signer_new(fixture_key("EC-P256"),
		    buf_span(&w->issuing_der), w->now - 1000, w->now + 86400 * 14, 1);
	b->responders[0].mark = 1;
	ocsp_show(&r->ocsp, b);
}

static char key_uri[] = "file:issuing.key";

static void rig_make(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->database = pg_database_new(true);
	r->db = pg_open(&r->database);
	world_make(&r->world, "EC-P256", "EC-P256");
	r->world.issuing.id = 1;
	r->world.issuing.key_uri = key_uri;
	r->policy =
	    (struct policy){.authorities = &r->world.issuing, .authority_count = 1, .version = 1};
	r->clock = (struct clock){rig_now, &r->world.now};
	ocsp_start(&r->ocsp, &r->clock, 7);
	show(r, true);
	ocsp_cache_heard(r->ocsp.cache, monotonic_ms());
	pg_exec(&r->database,
	    "INSERT INTO certificate (authority_id, serial, key_digest, subject, subject_text, "
	    "not_before, not_after, der) VALUES (1, '\\x41', sha256('a'), '\\x3000', 'CN=a', "
	    "now(), now() + interval '1 day', '\\x00'), (1, '\\x42', sha256('b'), '\\x3000', 'CN=b', now(), "
	    "now() - interval '1 day', '\\x00'), (1, '\\x44', sha256('d'), '\\x3000', 'CN=d', now(), now() - interval '1 day', '\\x00')");
	pg_exec(&r->database,
	    "INSERT INTO revocation (authority_id, serial, certificate_id, shard, reason, "
	    "revoked_at, not_after, sequence) SELECT authority_id, serial, id, 0, 4, "
	    "'2026-01-02T03:04:05Z', not_after, 1 FROM certificate WHERE serial = '\\x42'");
}

static void rig_free(struct rig *r)
{
	ocsp_end(&r->ocsp);
	r->world.issuing.key_uri = NULL;
	db_close(r->db);
	pg_database_drop(&r->database);
	world_free(&r->world);
}

/* Asks about these serial numbers (one octet each) of this issuer. */
static struct ocsp_result ask(struct rig *r, struct db *db, const struct authority *issuer,
    const char *serials, bool nonce, enum ocsp_hash hash)
{
	AUTO(buf) der = {0};
	struct ocsp_result result = {0};
	size_t outer = der_begin(&der, DER_SEQUENCE), tbs = der_begin(&der, DER_SEQUENCE),
	       list = der_begin(&der, DER_SEQUENCE);

	for (const char *p = serials; *p; p++) {
		size_t one = der_begin(&der, DER_SEQUENCE);

		ocsp_cert_id_put(&der, hash, issuer->subject, issuer->spki, span(p, 1));
		der_end(&der, one);
	}
	der_end(&der, list);
	if (nonce) {
		AUTO(arena) arena = {0};

		buf_put(&der, fixture_hex(&arena, "a21830163014"
						  "06092b0601050507300102"
						  "0407"
						  "0405"
						  "0102030405"));
	}
	der_end(&der, tbs);
	der_end(&der, outer);
	err_clear(&r->err);
	if (!ocsp_respond(&r->ocsp, db, buf_span(&der), &result, &r->err).ok)
		cr_assert_null(result.answer);
	return result;
}

static struct ocsp_result ask_one(struct rig *r, struct db *db, const char *serial)
{
	return ask(r, db, &r->world.issuing, serial, false, OCSP_SHA256);
}

/* V_OCSP_CERTSTATUS_... of the i-th, as OpenSSL reads it; the answer is released. */
static int status_at(struct ocsp_result *result, int i)
{
	const unsigned char *p = result->answer ? result->answer->der.p : NULL;
	OCSP_RESPONSE *response =
	    p ? d2i_OCSP_RESPONSE(NULL, &p, (long)result->answer->der.n) : NULL;
	OCSP_BASICRESP *basic = response ? OCSP_response_get1_basic(response) : NULL;
	int status =
	    basic ? OCSP_single_get0_status(OCSP_resp_get0(basic, i), NULL, NULL, NULL, NULL) : -1;

	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	return status;
}

#define EXPECT_STATUS(result, want)                      \
	do {                                             \
		struct ocsp_result r_ = (result);        \
		cr_expect_eq(status_at(&r_, 0), (want)); \
		ocsp_answer_release(r_.answer);          \
	} while (0)

#define EXPECT_REFUSED(rig, result, code)                      \
	do {                                                   \
		struct ocsp_result r_ = (result);              \
		cr_expect_null(r_.answer);                     \
		cr_expect_str_eq(err_code(&(rig)->err), code); \
		ocsp_answer_release(r_.answer);                \
	} while (0)

Test(ca_ocsp_respond, says_good_revoked_and_unknown)
{
	struct rig r;

	rig_make(&r);
	EXPECT_STATUS(ask_one(&r, r.db, "\x41"), V_OCSP_CERTSTATUS_GOOD);
	EXPECT_STATUS(ask_one(&r, r.db, "\x42"), V_OCSP_CERTSTATUS_REVOKED);
	EXPECT_STATUS(ask_one(&r, r.db, "\x43"), V_OCSP_CERTSTATUS_UNKNOWN);
	EXPECT_STATUS(ask_one(&r, r.db, "\x44"), V_OCSP_CERTSTATUS_GOOD); /* expired */
	rig_free(&r);
}

Test(ca_ocsp_respond, memory_alone_knows_what_was_read_before_and_no_more)
{
	struct rig r;
	struct ocsp_result first, second;

	rig_make(&r);
	first = ask_one(&r, NULL, "\x41");
	cr_expect(!first.answer && r.err.kind == ERR_NONE, "a worker has to ask the store");
	first = ask_one(&r, r.db, "\x41");
	cr_expect(first.answer && first.origin == OCSP_SIGNED);
	second = ask_one(&r, NULL, "\x41");
	cr_expect(second.answer == first.answer && second.origin == OCSP_FROM_CACHE);
	ocsp_answer_release(first.answer);
	ocsp_answer_release(second.answer);
	/* Another hash, and a nonce: of a state that is known a quick key signs at once. */
	second = ask(&r, NULL, &r.world.issuing, "\x41", false, OCSP_SHA1);
	cr_expect(second.answer && second.origin == OCSP_SIGNED);
	ocsp_answer_release(second.answer);
	second = ask(&r, NULL, &r.world.issuing, "\x41", true, OCSP_SHA256);
	cr_expect(second.answer && second.origin == OCSP_SIGNED);
	ocsp_answer_release(second.answer);
	/* What was never issued is looked for each time. */
	EXPECT_STATUS(ask_one(&r, r.db, "\x43"), V_OCSP_CERTSTATUS_UNKNOWN);
	second = ask_one(&r, NULL, "\x43");
	cr_expect_null(second.answer);
	rig_free(&r);
}

Test(ca_ocsp_respond, one_answer_speaks_for_one_authority)
{
	struct rig r;
	struct ocsp_result result;
	struct authority other;

	rig_make(&r);
	result = ask(&r, r.db, &r.world.issuing, "\x41\x42\x43", false, OCSP_SHA256);
	cr_expect_eq(status_at(&result, 0), V_OCSP_CERTSTATUS_GOOD);
	cr_expect_eq(status_at(&result, 1), V_OCSP_CERTSTATUS_REVOKED);
	cr_expect_eq(status_at(&result, 2), V_OCSP_CERTSTATUS_UNKNOWN);
	ocsp_answer_release(result.answer);
	/* The same name with another key, and the other way round. */
	other = r.world.issuing;
	other.spki = r.world.root.spki;
	EXPECT_REFUSED(&r, ask(&r, r.db, &other, "\x41", false, OCSP_SHA1), "ocsp.issuer");
	other = r.world.issuing;
	other.subject = r.world.root.subject;
	EXPECT_REFUSED(&r, ask(&r, r.db, &other, "\x41", false, OCSP_SHA1), "ocsp.issuer");
	rig_free(&r);
}

Test(ca_ocsp_respond, says_nothing_that_it_cannot_know)
{
	struct rig r;

	rig_make(&r);
	EXPECT_STATUS(ask_one(&r, r.db, "\x41"), V_OCSP_CERTSTATUS_GOOD);
	ocsp_cache_heard(r.ocsp.cache, monotonic_ms() - OCSP_FRESH_MS - 1);
	EXPECT_REFUSED(&r, ask_one(&r, r.db, "\x41"), "ocsp.stale");
	ocsp_cache_heard(r.ocsp.cache, monotonic_ms());
	show(&r, false);
	EXPECT_REFUSED(&r, ask_one(&r, r.db, "\x41"), "ocsp.away");
	r.world.issuing.key_uri = NULL;
	show(&r, false);
	EXPECT_REFUSED(&r, ask_one(&r, r.db, "\x41"), "ocsp.offline");
	rig_free(&r);
}

Test(ca_ocsp_respond, another_responder_or_policy_signs_anew)
{
	struct rig r;
	struct ocsp_result first, second;

	rig_make(&r);
	first = ask_one(&r, r.db, "\x41");
	r.world.now += OCSP_KEPT_MAX - 1;
	second = ask_one(&r, r.db, "\x41");
	cr_expect_eq(second.origin, OCSP_FROM_CACHE);
	ocsp_answer_release(second.answer);
	r.world.now += 1;
	second = ask_one(&r, r.db, "\x41");
	cr_expect_eq(second.origin, OCSP_SIGNED, "before it is too old");
	ocsp_answer_release(second.answer);
	ocsp_answer_release(first.answer);
	r.world.issuing.ocsp_max_age = 7;
	{
		struct ocsp_board *b = ocsp_board_new(&r.policy);

		b->responders[0].signer = ocsp_signer_new(fixture_key("EC-P256"),
		    buf_span(&r.world.issuing_der), r.world.now - 1000, r.world.now + 1000, 2);
		b->responders[0].mark = 2;
		ocsp_show(&r.ocsp, b);
	}
	second = ask_one(&r, r.db, "\x41");
	cr_expect_eq(second.origin, OCSP_SIGNED);
	cr_expect_str_eq(
	    second.answer->cache_control, "max-age=7,public,no-transform,must-revalidate");
	cr_expect_eq(second.answer->next_update, r.world.now + 1000, "the responder's end");
	ocsp_answer_release(second.answer);
	rig_free(&r);
}

Test(ca_ocsp_respond, times_do_not_go_back_with_the_clock)
{
	struct rig r;
	struct ocsp_result before, after;

	rig_make(&r);
	before = ask(&r, r.db, &r.world.issuing, "\x41", true, OCSP_SHA256);
	r.world.now -= 3600;
	after = ask(&r, r.db, &r.world.issuing, "\x41", true, OCSP_SHA256);
	cr_expect_eq(after.answer->at, before.answer->at);
	ocsp_answer_release(after.answer);
	r.world.now += 3601;
	after = ask(&r, r.db, &r.world.issuing, "\x41", true, OCSP_SHA256);
	cr_expect_eq(after.answer->at, before.answer->at + 1);
	ocsp_answer_release(after.answer);
	/* It was wrong before. */
	r.world.now += 2 * OCSP_CLOCK_BACK_MAX;
	cr_expect_eq(ocsp_now(&r.ocsp), r.world.now);
	r.world.now -= OCSP_CLOCK_BACK_MAX + 1;
	cr_expect_eq(ocsp_now(&r.ocsp), r.world.now);
	ocsp_answer_release(before.answer);
	rig_free(&r);
}

Test(ca_ocsp_respond, staples_name_the_certificate_by_both_hashes)
{
	struct rig r;
	struct ocsp_result staple = {0};
	const uint8_t serial[] = {0x42};

	rig_make(&r);
	cr_assert(
	    ocsp_staple(&r.ocsp, r.db, &r.world.issuing, SPAN_OF(serial), &staple.answer, &r.err)
		.ok);
	cr_expect_eq(status_at(&staple, 0), V_OCSP_CERTSTATUS_REVOKED);
	cr_expect_eq(status_at(&staple, 1), V_OCSP_CERTSTATUS_REVOKED);
	ocsp_answer_release(staple.answer);
	show(&r, false);
	cr_assert(
	    ocsp_staple(&r.ocsp, r.db, &r.world.issuing, SPAN_OF(serial), &staple.answer, &r.err)
		.ok);
	cr_expect_null(staple.answer);
	rig_free(&r);
}
