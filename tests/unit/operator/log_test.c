/* signet log verify, prove, check: what is good passes, and every tampering is named. */
#include "clients/operator/cli.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "tests/unit/operator/fake_log.h"

#define ORIGIN "log.example/test"
#define SIZE   600 /* two full tiles, a partial one, one level above */

static void swap_bufs(struct buf *a, struct buf *b)
{
	struct buf c = *a;

	*a = *b;
	*b = c;
}

/* ---- tamperings ---- */

static void nothing(struct fake_log *f)
{
	(void)f;
}

static void change_row(struct fake_log *f)
{
	f->entries[300].record.p[0] ^= 1;
}

static void contradict_row(struct fake_log *f)
{
	strcpy(f->entries[3].fault, "not_after differs from its DER");
}

static void remove_row(struct fake_log *f)
{
	buf_reset(&f->entries[599].record);
}

static void add_row(struct fake_log *f)
{
	strcpy(f->stray, "{\"record_kind\":\"certificate\",\"record_id\":77,\"name\":\"X\","
			 "\"what\":\"no entry tells of it\"}");
}

static void change_document(struct fake_log *f)
{
	strcpy(f->stray, "{\"record_kind\":\"label\",\"record_id\":null,\"name\":\"open\","
			 "\"what\":\"it differs from its newest logged change\"}");
}

static void delete_entry(struct fake_log *f)
{
	buf_reset(&f->entries[0].stored);
}

static void delete_leaf(struct fake_log *f)
{
	f->entries[255].leaf_gone = true;
}

static void delete_last_leaves(struct fake_log *f)
{
	f->entries[598].leaf_gone = f->entries[599].leaf_gone = true;
}

static void change_entry(struct fake_log *f)
{
	f->entries[17].stored.p[30] ^= 1;
}

static void swap_stored(struct fake_log *f)
{
	swap_bufs(&f->entries[5].stored, &f->entries[400].stored);
}

static void swap_published(struct fake_log *f)
{
	swap_bufs(&f->entries[5].published, &f->entries[6].published);
}

static void change_published(struct fake_log *f)
{
	f->entries[256].published.p[30] ^= 1;
}

static void shorten_bundle(struct fake_log *f)
{
	strcpy(f->missing, "tile/entries/001");
}

static void lose_tile(struct fake_log *f)
{
	strcpy(f->missing, "tile/0/001");
}

static void spoil_tile(struct fake_log *f)
{
	strcpy(f->spoiled, "tile/0/000");
}

static void spoil_upper_tile(struct fake_log *f)
{
	strcpy(f->spoiled, "tile/1/000.p/2");
}

static void lose_salt(struct fake_log *f)
{
	buf_reset(&f->entries[9].salt);
}

static void erase_salt(struct fake_log *f)
{
	buf_reset(&f->entries[9].salt);
	buf_reset(&f->entries[9].record);
	f->entries[9].erased = true;
}

static void grow(struct fake_log *f)
{
	for (size_t i = SIZE; i < SIZE + 200; i++)
		fake_log_entry(f, i, "later");
	fake_log_publish(f, SIZE + 200);
}

static void roll_back(struct fake_log *f)
{
	fake_log_publish(f, SIZE - 1);
}

/* As after a roll-back and some more acts: another entry 599, and further ones. */
static void fork(struct fake_log *f)
{
	fake_log_entry(f, SIZE - 1, "another history");
	grow(f);
}

static void fork_at_the_same_size(struct fake_log *f)
{
	fake_log_entry(f, 0, "another history");
	fake_log_publish(f, SIZE);
}

static const struct {
	const char *what;
	void (*tamper)(struct fake_log *f);
	const char *fault; /* NULL: nothing is wrong */
	const char *line;
} tamperings[] = {
    {"nothing", nothing, NULL, "verified: log.example/test, 600 entries\n"},
    {"growth", grow, NULL, "verified: log.example/test, 800 entries\n"},
    {"an erased salt", erase_salt, NULL, "599 records are as they were logged, 1 cannot"},
    {"a changed row", change_row, "row-changed",
	"row changed: certificate 1300 (entry 300): it is not what was logged\n"},
    {"a changed column", contradict_row, "row-changed",
	"row changed: certificate 1003 (entry 3): not_after differs from its DER\n"},
    {"a removed row", remove_row, "row-missing", "row missing: certificate 1599 (entry 599)"},
    {"an added row", add_row, "row-without-entry",
	"row without entry: certificate 77: X: no entry tells of it\n"},
    {"a changed document", change_document, "row-changed",
	"row changed: label open: it differs from its newest logged change\n"},
    {"a deleted entry", delete_entry, "entry-deleted", "entry deleted: certificate 1000 (entry 0)"},
    {"a deleted leaf", delete_leaf, "entry-deleted", "entry deleted: entry 255"},
    {"the last leaves deleted", delete_last_leaves, "entry-deleted", "entry deleted: entry 599"},
    {"a changed entry", change_entry, "entry-changed", "entry changed: entry 17: in the store"},
    {"swapped entries", swap_stored, "entries-swapped",
	"entries swapped: entry 5 and 400: in the store"},
    {"swapped published entries", swap_published, "entries-swapped",
	"entries swapped: entry 5 and 6: as published"},
    {"a changed published entry", change_published, "entry-changed",
	"entry changed: entry 256: as published"},
    {"a missing bundle", shorten_bundle, "file-missing", "tile/entries/001: HTTP 404"},
    {"a missing tile", lose_tile, "file-missing", "tile/0/001: HTTP 404"},
    {"a spoiled tile", spoil_tile, "tile-wrong", "do not hash to the checkpoint's root"},
    {"a spoiled upper tile", spoil_upper_tile, "tile-wrong", "tile/1/000.p/2 does not hold"},
    {"a lost salt", lose_salt, "entry-untied", "entry untied: certificate 1009 (entry 9)"},
    {"a roll-back", roll_back, "log-rolled-back",
	"log rolled back: it has 599 entries; the checkpoint that was kept has 600\n"},
    {"a fork", fork, "log-forked", "log forked: its first 600 entries are not those of"},
    {"a fork at the same size", fork_at_the_same_size, "log-forked", "log forked"},
};

static bool has_fault(const char *json, const char *fault)
{
	json_t *v = json_loads(json, 0, NULL);
	size_t i;
	json_t *d;
	bool found = false;

	cr_assert(v, "%s", json);
	json_array_foreach(json_object_get(v, "differences"), i, d)
	{
		found = found || strcmp(json_string_value(json_object_get(d, "fault")), fault) == 0;
	}
	cr_expect_eq(json_is_true(json_object_get(v, "verified")), false);
	json_decref(v);
	return found;
}

Test(operator_log, every_tampering_behind_a_kept_checkpoint_is_named, .timeout = 300)
{
	for (size_t i = 0; i < COUNT(tamperings); i++) {
		struct fake_log *f = fake_log_start(ORIGIN, SIZE);
		AUTO(outcome) before = signet(NULL, "log verify");

		cr_assert_eq(before.code, EXIT_DONE, "%s%s", before.out, before.err);
		tamperings[i].tamper(f);
		AUTO(outcome) o = signet(NULL, "log verify");
		cr_expect_eq(o.code, tamperings[i].fault ? EXIT_FAILED : EXIT_DONE, "%s: %s%s",
		    tamperings[i].what, o.out, o.err);
		cr_expect(strstr(o.out, tamperings[i].line), "%s: %s%s", tamperings[i].what, o.out,
		    o.err);
		if (tamperings[i].fault) {
			AUTO(outcome) j = signet(NULL, "log verify --json");
			cr_expect(has_fault(j.out, tamperings[i].fault), "%s: %s",
			    tamperings[i].what, j.out);
		}
		fake_log_stop(f);
	}
}

/* What was not verified must not become what later ones are held to. */
Test(operator_log, a_bad_checkpoint_is_not_kept)
{
	struct fake_log *f = fake_log_start(ORIGIN, SIZE);
	AUTO(outcome) before = signet(NULL, "log verify");

	roll_back(f);
	AUTO(outcome) first = signet(NULL, "log verify");
	AUTO(outcome) second = signet(NULL, "log verify");
	cr_assert_eq(before.code, EXIT_DONE);
	cr_assert(strstr(first.out, "log rolled back"));
	cr_assert(strstr(second.out, "log rolled back"));
	fake_log_stop(f);
}

Test(operator_log, an_empty_log_is_good)
{
	struct fake_log *f = fake_log_start(ORIGIN, 0);
	AUTO(outcome) o = signet(NULL, "log verify");

	cr_assert_eq(o.code, EXIT_DONE, "%s%s", o.out, o.err);
	fake_log_entry(f, 0, "first");
	fake_log_publish(f, 1);
	AUTO(outcome) one = signet(NULL, "log verify");
	cr_assert_eq(one.code, EXIT_DONE, "%s%s", one.out, one.err);
	fake_log_stop(f);
}

Test(operator_log, another_key_under_the_same_name_is_refused)
{
	struct fake_log *f = fake_log_start(ORIGIN, 3), *other = fake_log_start(ORIGIN, 3);
	char url[64];

	/* other's HOME is in use now */
	AUTO(outcome) before = signet(NULL, "log verify");
	cr_assert_eq(before.code, EXIT_DONE, "%s", before.err);
	strcpy(other->vkey, f->vkey);
	snprintf(url, sizeof(url), "%s", other->responder->url);
	AUTO(outcome) o = signet(NULL, "log verify");
	cr_assert_eq(o.code, EXIT_FAILED);
	cr_assert(strstr(o.err, "log.origin"), "%s", o.err);
	fake_log_stop(other);
	fake_log_stop(f);
}

Test(operator_log, a_log_of_another_name_must_say_what_it_followed)
{
	struct fake_log *f = fake_log_start(ORIGIN, 3);
	AUTO(outcome) before = signet(NULL, "log verify");
	struct fake_log *next = fake_log_start(ORIGIN ".2", 1);
	struct buf old = {0};

	cr_assert_eq(before.code, EXIT_DONE);
	setenv("HOME", f->responder->dir, 1);
	buf_put(&old, buf_span(&f->checkpoint));
	/* The same server's address now serves the next log. */
	next->responder->hook = f->responder->hook;
	f->responder->context = next;
	setenv("SIGNET_API_URL", f->responder->url, 1);
	AUTO(buf) ca = {0};
	buf_printf(&ca, "%s/root.pem", f->responder->dir);
	setenv("SIGNET_CACERT", buf_cstr(&ca), 1);
	AUTO(outcome) silent = signet(NULL, "log verify");
	cr_assert_eq(silent.code, EXIT_FAILED);
	cr_assert(
	    strstr(silent.out, "log renamed: it does not say"), "%s%s", silent.out, silent.err);
	memcpy(next->predecessor, old.p, old.n);
	AUTO(outcome) said = signet(NULL, "log verify");
	cr_assert_eq(said.code, EXIT_DONE, "%s%s", said.out, said.err);
	buf_free(&old);
	fake_log_stop(next);
	fake_log_stop(f);
}

Test(operator_log, a_checkpoint_from_elsewhere_counts_as_well)
{
	struct fake_log *f = fake_log_start(ORIGIN, SIZE);
	AUTO(buf) path = {0}, line = {0};
	struct err err = {0};

	buf_printf(&path, "%s/kept", f->responder->dir);
	cr_assert(file_replace(buf_cstr(&path), buf_span(&f->checkpoint), 0600, &err).ok);
	roll_back(f);
	buf_printf(&line, "log verify --checkpoint %s", buf_cstr(&path));
	AUTO(outcome) o = signet(NULL, buf_cstr(&line));
	cr_assert_eq(o.code, EXIT_FAILED);
	cr_assert(strstr(o.out, "log rolled back"), "%s", o.out);
	fake_log_stop(f);
}

Test(operator_log, a_stranger_verifies_without_the_api)
{
	struct fake_log *f = fake_log_start(ORIGIN, SIZE);
	AUTO(buf) line = {0};

	buf_printf(&line, "log verify --public-only --log-url %s/log --vkey %s", f->responder->url,
	    f->vkey);
	change_row(f); /* of which the public log cannot tell */
	AUTO(outcome) o = signet(NULL, buf_cstr(&line));
	cr_assert_eq(o.code, EXIT_DONE, "%s%s", o.out, o.err);
	for (size_t i = 0; i < f->responder->count; i++)
		cr_assert_str_eq(f->responder->seen[i].authorization, "");
	AUTO(outcome) wrong = signet(NULL, "log verify --public-only");
	cr_assert_eq(wrong.code, EXIT_USAGE);
	fake_log_stop(f);
}

/* ---- answers that are no records ---- */

static const char *const bad_records[] = {
    "{}",
    "{\"items\":[{\"index\":5}]}",
    "{\"items\":[{\"index\":1},{\"index\":0}]}",
    "{\"items\":[{}]}",
    "{\"items\":[{\"index\":-9223372036854775808}]}",
};
static const char *records_answer;
static answer_hook inner;

static int serve_bad_records(void *context, const struct seen *seen, struct buf *body)
{
	if (strncmp(seen->path, "/api/v1/log/records", 19) != 0)
		return inner(context, seen, body);
	buf_put_str(body, records_answer);
	return 200;
}

Test(operator_log, an_answer_that_is_no_list_of_records_is_refused)
{
	struct fake_log *f = fake_log_start(ORIGIN, 3);

	inner = f->responder->hook;
	for (size_t i = 0; i < COUNT(bad_records); i++) {
		records_answer = bad_records[i];
		f->responder->hook = serve_bad_records;
		AUTO(outcome) o = signet(NULL, "log verify");
		cr_expect_eq(o.code, EXIT_FAILED, "%s", bad_records[i]);
		cr_expect(strstr(o.err, "answer.unexpected"), "%s: %s", bad_records[i], o.err);
	}
	fake_log_stop(f);
}

/* ---- proofs ---- */

Test(operator_log, a_proof_is_checked_before_it_is_written_and_again_offline)
{
	struct fake_log *f = fake_log_start(ORIGIN, SIZE);
	AUTO(buf) line = {0}, check = {0}, key = {0};

	buf_printf(&line, "log prove certificate 1300 -o %s/p", f->responder->dir);
	buf_printf(&check, "log check %s/p", f->responder->dir);
	buf_printf(&key, "log check %s/p --vkey %s", f->responder->dir, f->vkey);
	AUTO(outcome) proved = signet(NULL, buf_cstr(&line));
	cr_assert_eq(proved.code, EXIT_DONE, "%s", proved.err);
	AUTO(outcome) unknown = signet(NULL, buf_cstr(&check));
	cr_assert_eq(unknown.code, EXIT_FAILED);
	cr_assert(strstr(unknown.err, "give --vkey"), "%s", unknown.err);
	AUTO(outcome) by_key = signet(NULL, buf_cstr(&key));
	cr_assert_eq(by_key.code, EXIT_DONE, "%s", by_key.err);
	cr_assert(
	    strstr(by_key.out, "certificate.issued at 2023-11-14T22:18:20Z is entry 300 of 600"),
	    "%s", by_key.out);
	cr_assert(strstr(by_key.out, "record: certificate 1300, and the entry is about exactly it"),
	    "%s", by_key.out);
	AUTO(outcome) verified = signet(NULL, "log verify");
	AUTO(outcome) kept = signet(NULL, buf_cstr(&check));
	cr_assert_eq(verified.code + kept.code, EXIT_DONE, "%s", kept.err);
	fake_log_stop(f);
}

Test(operator_log, a_proof_that_was_changed_anywhere_is_refused, .timeout = 120)
{
	struct fake_log *f = fake_log_start(ORIGIN, 5);
	AUTO(buf) proof = {0}, path = {0}, line = {0};
	struct err err = {0};

	fake_log_prove(f, 3, &proof);
	buf_printf(&path, "%s/p", f->responder->dir);
	buf_printf(&line, "log check %s --vkey %s", buf_cstr(&path), f->vkey);
	for (size_t i = 0; i < proof.n; i++) {
		proof.p[i] ^= 1;
		cr_assert(file_replace(buf_cstr(&path), buf_span(&proof), 0600, &err).ok);
		AUTO(outcome) o = signet(NULL, buf_cstr(&line));
		/* The number of the record is said by the extra data alone. */
		if (o.code == EXIT_DONE)
			cr_expect(strstr(o.out, "entry 3 of 5"), "octet %zu: %s", i, o.out);
		proof.p[i] ^= 1;
	}
	fake_log_stop(f);
}

Test(operator_log, a_record_of_ones_own_is_held_against_the_entry)
{
	struct fake_log *f = fake_log_start(ORIGIN, 5);
	AUTO(buf) proof = {0}, path = {0}, line = {0}, record = {0};
	struct err err = {0};

	fake_log_prove(f, 3, &proof);
	buf_printf(&path, "%s/p", f->responder->dir);
	buf_printf(&record, "%s/r", f->responder->dir);
	buf_printf(&line, "log check %s --vkey %s --record %s", buf_cstr(&path), f->vkey,
	    buf_cstr(&record));
	cr_assert(file_replace(buf_cstr(&path), buf_span(&proof), 0600, &err).ok);
	cr_assert(file_replace(buf_cstr(&record), SPAN_LITERAL("record 3"), 0600, &err).ok);
	AUTO(outcome) good = signet(NULL, buf_cstr(&line));
	cr_assert(file_replace(buf_cstr(&record), SPAN_LITERAL("record 4"), 0600, &err).ok);
	AUTO(outcome) bad = signet(NULL, buf_cstr(&line));
	cr_assert_eq(good.code, EXIT_DONE, "%s", good.err);
	cr_assert_eq(bad.code, EXIT_FAILED);
	cr_assert(strstr(bad.err, "another record"), "%s", bad.err);
	fake_log_stop(f);
}
