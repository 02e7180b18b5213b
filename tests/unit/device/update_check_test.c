/* Asking the server: what is new, newer statements and lists, and installing what it offers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/file.h"
#include "tests/lib/files.h"
#include "tests/unit/device/rig.h"
#include "tests/unit/device/update_rig.h"

/* A device that is enrolled and provisioned, and both its servers. */
struct fleet {
	struct rig *rig;
	struct update_rig *u;
	struct files files;
	struct signet_update_offer offer; /* strings are gone */
	struct signet_reason why;
	uint64_t sequence; /* that is offered; 0: none */
	int64_t trust, recall;
	char version[16];
};

static void set_offer(struct fleet *f)
{
	struct responder *r = f->rig->r;
	const struct digest d = sha256(buf_span(&r->update.bundle));
	char digest[65], bundle[160] = "null", sequence[32] = "null", recall[64] = "null";
	static char etag[2][16];
	static int etags;

	hex_text(SPAN_OF(d.bytes), digest);
	if (f->sequence) {
		snprintf(bundle, sizeof(bundle), "{\"sha256\":\"%s\",\"size\":%zu}", digest,
		    r->update.bundle.n);
		snprintf(sequence, sizeof(sequence), "%llu", (unsigned long long)f->sequence);
	}
	if (f->recall)
		snprintf(recall, sizeof(recall), "{\"number\":%lld,\"sha256\":\"\"}",
		    (long long)f->recall);
	buf_reset(&r->update.offer);
	buf_printf(&r->update.offer,
	    "{\"product\":\"sensor\",\"channel\":\"stable\",\"sequence\":%s,\"version\":%s,"
	    "\"bundle\":%s,\"trust\":{\"version\":%lld,\"sha256\":\"\"},\"recall\":%s,"
	    "\"later\":[{}]}\n",
	    sequence, f->sequence ? "\"1.x\"" : "null", bundle, (long long)f->trust, recall);
	etags++;
	snprintf(etag[etags % 2], sizeof(etag[0]), "\"%d\"", etags);
	r->update.offer_etag = etag[etags % 2];
}

static struct fleet *fleet_new(void)
{
	struct fleet *f = mem_alloc(sizeof(*f));

	f->rig = rig_new(0);
	cr_assert_eq(rig_enroll(f->rig, NULL), SIGNET_DONE, "%s", f->rig->why.text);
	f->u = update_rig_new(NULL);
	f->rig->r->update.channel = "stable";
	f->trust = 1;
	set_offer(f);
	return f;
}

static void fleet_free(struct fleet *f)
{
	struct responder *r = f->rig->r;

	buf_free(&r->update.offer);
	buf_free(&r->update.bundle);
	buf_free(&r->update.recall);
	for (size_t i = 0; i < COUNT(r->update.trust); i++)
		buf_free(&r->update.trust[i]);
	rig_free(f->rig);
	update_rig_free(f->u);
	free(f);
}

static enum signet_result ask(struct fleet *f, bool install)
{
	struct signet_update *u = NULL;
	struct signet_device *d = NULL;
	enum signet_result result;

	cr_assert_eq(signet_update_open(&f->u->settings, &f->u->hooks, &u, &f->why), SIGNET_DONE);
	cr_assert_eq(signet_device_open(&f->rig->later, &f->rig->hooks, &d, &f->why), SIGNET_DONE);
	result = install ? signet_update_install(u, d, NULL, &f->why)
			 : signet_update_check(u, d, &f->offer, &f->why);
	if (!install && result == SIGNET_DONE)
		snprintf(
		    f->version, sizeof(f->version), "%s", f->offer.version ? f->offer.version : "");
	signet_device_close(d);
	signet_update_close(u);
	return result;
}

static void publish(struct fleet *f, uint64_t sequence, const char *image)
{
	struct maker_component c;
	struct maker_release r = update_rig_release(sequence, image, &c);

	f->files.body = span_str(image);
	if (!f->files.url[0])
		files_start(&f->files, 0);
	c.uri = f->files.url;
	buf_reset(&f->rig->r->update.bundle);
	maker_bundle(f->u->maker, &r, &f->rig->r->update.bundle);
	f->sequence = sequence;
	set_offer(f);
}

Test(update_check, nothing_is_published_yet)
{
	struct fleet *f = fleet_new();

	cr_assert_eq(ask(f, false), SIGNET_DONE, "%s: %s", f->why.code, f->why.text);
	cr_assert_not(f->offer.newer);
	cr_assert_eq(f->offer.sequence, 0);
	cr_assert_eq(ask(f, true), SIGNET_NOT_DUE);
	cr_assert_str_eq(f->why.code, "update.current");
	fleet_free(f);
}

Test(update_check, newest_release_is_found_fetched_and_run)
{
	struct fleet *f = fleet_new();

	publish(f, 3, "image three");
	cr_assert_eq(ask(f, false), SIGNET_DONE, "%s: %s", f->why.code, f->why.text);
	cr_assert(f->offer.newer);
	cr_assert_eq(f->offer.sequence, 3);
	cr_assert_str_eq(f->version, "1.x");
	cr_assert_eq(ask(f, true), SIGNET_DONE, "%s: %s", f->why.code, f->why.text);
	cr_assert_eq(update_rig_boot(f->u), SIGNET_DONE);
	cr_assert(update_rig_runs(f->u, "image three"));
	cr_assert_eq(update_rig_confirm(f->u), SIGNET_DONE);
	cr_assert_eq(ask(f, true), SIGNET_NOT_DUE);
	cr_assert_eq(f->rig->r->update.bundles, 1, "not asked for again");
	cr_assert_eq(ask(f, false), SIGNET_DONE);
	cr_assert_not(f->offer.newer);
	cr_assert_eq(f->offer.here, 3);
	files_stop(&f->files);
	fleet_free(f);
}

Test(update_check, asking_in_vain_is_cheap)
{
	struct fleet *f = fleet_new();

	for (int i = 0; i < 3; i++)
		cr_assert_eq(ask(f, false), SIGNET_DONE, "%s", f->why.text);
	cr_assert_eq(f->rig->r->update.offers, 3);
	cr_assert_eq(f->rig->r->update.not_modified, 2);
	publish(f, 1, "image");
	cr_assert_eq(ask(f, false), SIGNET_DONE);
	cr_assert(f->offer.newer, "what changed is seen");
	cr_assert_eq(ask(f, false), SIGNET_DONE);
	cr_assert(f->offer.newer, "and known where nothing changed");
	cr_assert_eq(f->rig->r->update.not_modified, 3);
	files_stop(&f->files);
	fleet_free(f);
}

Test(update_check, statements_are_taken_up_one_after_the_other)
{
	struct fleet *f = fleet_new();
	struct buf *trust = f->rig->r->update.trust;

	maker_trust(
	    f->u->maker, &(struct maker_trust){.version = 2, .next = 1, .signed_by = 7}, &trust[2]);
	maker_trust(f->u->maker, &(struct maker_trust){.version = 3, .next = 2, .signed_by = 14},
	    &trust[3]);
	f->trust = 3;
	set_offer(f);
	cr_assert_eq(ask(f, false), SIGNET_DONE, "%s: %s", f->why.code, f->why.text);
	cr_assert_eq(f->offer.trust_version, 3);
	cr_assert_eq(f->rig->r->update.trusts, 2);
	/* Statement 1 to 3 at once would have the quorum of neither. */
	f->trust = 1;
	set_offer(f);
	cr_assert_eq(ask(f, false), SIGNET_DONE);
	cr_assert_eq(f->offer.trust_version, 3, "a server that has an older one changes nothing");
	fleet_free(f);
}

Test(update_check, statement_that_the_quorum_in_force_has_not_signed_is_refused)
{
	struct fleet *f = fleet_new();

	maker_trust(f->u->maker, &(struct maker_trust){.version = 2, .next = 2},
	    &f->rig->r->update.trust[2]);
	f->trust = 2;
	set_offer(f);
	cr_assert_eq(ask(f, false), SIGNET_BAD_UPDATE);
	cr_assert_str_eq(f->why.code, "trust.quorum-old");
	cr_assert_eq(update_rig_status(f->u)->trust_version, 1);
	fleet_free(f);
}

Test(update_check, recalled_release_must_be_left)
{
	static const uint64_t recalled[] = {1};
	struct fleet *f = fleet_new();

	update_rig_run(f->u, 1, "image one");
	maker_recall(f->u->maker,
	    &(struct maker_recall){
		.number = 4, .sequences = recalled, .count = 1, .successor = 2, .version = "1.2"},
	    &f->rig->r->update.recall);
	f->recall = 4;
	publish(f, 2, "image two");
	cr_assert_eq(ask(f, false), SIGNET_DONE, "%s: %s", f->why.code, f->why.text);
	cr_assert(f->offer.must_leave);
	cr_assert(f->offer.newer);
	cr_assert_eq(f->offer.successor, 2);
	cr_assert_eq(f->offer.recall_number, 4);
	cr_assert_eq(ask(f, true), SIGNET_DONE, "%s", f->why.text);
	cr_assert_eq(update_rig_boot(f->u), SIGNET_DONE);
	cr_assert_eq(update_rig_confirm(f->u), SIGNET_DONE);
	cr_assert_eq(ask(f, false), SIGNET_DONE);
	cr_assert_not(f->offer.must_leave);
	files_stop(&f->files);
	fleet_free(f);
}

Test(update_check, lost_statement_and_list_are_fetched_again)
{
	static const uint64_t recalled[] = {9};
	struct fleet *f = fleet_new();
	struct responder *r = f->rig->r;
	char command[512];

	maker_recall(f->u->maker,
	    &(struct maker_recall){.number = 4, .sequences = recalled, .count = 1},
	    &r->update.recall);
	f->recall = 4;
	publish(f, 1, "image");
	cr_assert_eq(ask(f, false), SIGNET_DONE, "%s", f->why.text);
	snprintf(command, sizeof(command), "cp %s/trust.cbor %s/kept && rm %s/trust-? %s/recall-?",
	    f->u->dir, f->u->dir, f->u->directory, f->u->directory);
	cr_assert_eq(system(command), 0);
	maker_trust(f->u->maker, &(struct maker_trust){.approvals = 9}, &r->update.trust[1]);
	cr_assert_eq(ask(f, true), SIGNET_BAD_UPDATE, "another one of that version is not it");
	buf_reset(&r->update.trust[1]);
	snprintf(command, sizeof(command), "%s/kept", f->u->dir);
	cr_assert(file_read(command, 65536, &r->update.trust[1], &(struct err){0}).ok);
	cr_assert_eq(ask(f, true), SIGNET_DONE, "%s: %s", f->why.code, f->why.text);
	files_stop(&f->files);
	fleet_free(f);
}

Test(update_check, bundle_replaced_between_two_questions_is_asked_for_again)
{
	struct fleet *f = fleet_new();

	publish(f, 1, "image");
	f->rig->r->update.changing = 2;
	cr_assert_eq(ask(f, true), SIGNET_DONE, "%s: %s", f->why.code, f->why.text);
	cr_assert_eq(f->rig->r->update.bundles, 3);
	files_stop(&f->files);
	fleet_free(f);
}

Test(update_check, suspended_device_hears_why)
{
	struct fleet *f = fleet_new();

	f->rig->r->update.status = 403;
	cr_assert_eq(ask(f, false), SIGNET_REFUSED);
	cr_assert(strstr(f->why.text, "this device is suspended"), "%s", f->why.text);
	cr_assert_eq(f->why.http_status, 403);
	fleet_free(f);
}

Test(update_check, offers_that_are_not_understood_are_refused)
{
	static const struct {
		const char *offer, *code;
	} rows[] = {
	    {"", "update.offer"},
	    {"[]", "update.offer"},
	    {"{}", "update.offer"},
	    {"{\"product\":\"lamp\",\"channel\":\"stable\"}", "update.other"},
	    {"{\"product\":\"sensor\",\"channel\":\"beta\"}", "update.other"},
	    {"{\"product\":\"sensor\",\"channel\":\"stable\",\"sequence\":-1}", "update.offer"},
	    {"{\"product\":\"sensor\",\"channel\":\"stable\",\"sequence\":\"1\"}", "update.offer"},
	    {"{\"product\":\"sensor\",\"channel\":\"stable\",\"sequence\":1e3}", "update.offer"},
	    {"{\"product\":\"sensor\",\"channel\":\"stable\",\"sequence\":9999999999999999999}",
		"update.offer"},
	    {"{\"product\":\"sensor\",\"channel\":\"stable\",\"sequence\":1}", "update.offer"},
	    {"{\"product\":\"sensor\",\"channel\":\"stable\",\"version\":\"\\u001b[2J\"}",
		"update.offer"},
	    {"{\"product\":\"sensor\",\"channel\":\"stable\",\"trust\":{\"version\":true}}",
		"update.offer"},
	    {"{\"product\":\"sensor\",\"channel\":\"stable\",\"recall\":{\"number\":[]}}",
		"update.offer"},
	};
	struct fleet *f = fleet_new();

	f->rig->r->update.offer_etag = NULL;
	for (size_t i = 0; i < COUNT(rows); i++) {
		buf_reset(&f->rig->r->update.offer);
		buf_put_str(&f->rig->r->update.offer, rows[i].offer);
		cr_assert_neq(ask(f, false), SIGNET_DONE, "%s", rows[i].offer);
		cr_assert_str_eq(f->why.code, rows[i].code, "%s: %s", rows[i].offer, f->why.text);
	}
	fleet_free(f);
}

Test(update_check, only_an_enrolled_device_asks)
{
	struct fleet *f = fleet_new();

	cr_assert_eq(rig_reset(f->rig, NULL), SIGNET_DONE, "%s", f->rig->why.text);
	cr_assert_eq(ask(f, false), SIGNET_NO_IDENTITY);
	cr_assert_eq(f->rig->r->update.offers, 0);
	fleet_free(f);
}

Test(update_check, release_withdrawn_between_two_questions_is_no_trouble)
{
	struct fleet *f = fleet_new();

	publish(f, 1, "image");
	f->rig->r->update.withdrawn = true;
	cr_assert_eq(ask(f, true), SIGNET_NETWORK, "%s: %s", f->why.code, f->why.text);
	cr_assert_str_eq(f->why.code, "update.changed");
	files_stop(&f->files);
	fleet_free(f);
}
