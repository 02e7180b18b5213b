/* clients/device/update_cli.c and update_show.c: what is typed, printed, and the exit codes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/doc.h"
#include "tests/unit/device/cli_run.h"
#include "tests/unit/device/rig.h"
#include "tests/unit/device/update_rig.h"

static void clean_environment(void)
{
	unsetenv("SIGNET_DEVICE_STORE");
}

TestSuite(update_cli, .init = clean_environment);

/* One member of the JSON object; "" where it is null or not there. */
static const char *member(const char *json, const char *name)
{
	static char text[4][200];
	static unsigned next;
	char *kept = text[next++ % COUNT(text)];
	AUTO(doc_file) doc = {0};
	struct err err = {0};
	const struct doc_node *n;

	cr_assert(doc_parse("out", span_str(json), &doc, &err).ok, "%s: %s", err.message, json);
	n = doc_get(doc.documents[0], name);
	snprintf(kept, sizeof(text[0]), "%s",
	    n && n->kind == DOC_SCALAR && (n->quoted || strcmp(n->text, "null") != 0) ? n->text
										      : "");
	return kept;
}

Test(update_cli, wrong_usage_is_two)
{
	static const char *const wrong[][9] = {
	    {"update"},
	    {"update", "dance"},
	    {"update", "status"},
	    {"update", "status", "--store"},
	    {"update", "status", "--store", "/tmp/x", "--store=/tmp/y"},
	    {"update", "status", "--store", "/tmp/x", "behind"},
	    {"update", "status", "--store", "/tmp/x", "--json=yes"},
	    {"update", "verify", "--store", "/tmp/x"},
	    {"update", "verify", "--store", "/tmp/x", "a", "b"},
	    {"update", "verify", "--store", "/tmp/x", "a", "--component", "main"},
	    {"update", "take", "--store", "/tmp/x"},
	    {"update", "install", "--store", "/tmp/x", "--tries", "0"},
	    {"update", "install", "--store", "/tmp/x", "--tries", "16"},
	    {"update", "install", "--store", "/tmp/x", "--max-rate", "fast"},
	    {"update", "install", "--store", "/tmp/x", "--max-rate", "2Mb"},
	    {"update", "install", "--store", "/tmp/x", "--attempts", "-1"},
	    {"update", "install", "--store", "/tmp/x", "--retry-for", "1h"},
	    {"update", "init", "--store", "/tmp/x", "--product", "p", "--channel", "c"},
	    {"update", "init", "--store", "/tmp/x", "--component", "main=fw.bin"},
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		AUTO(outcome) o = cli_run(wrong[i]);

		cr_assert_eq(o.code, 2, "case %zu: %s", i, o.err);
		cr_assert_not_null(strstr(o.err, "--help"), "case %zu", i);
		cr_assert_str_eq(o.out, "");
	}
}

Test(update_cli, help_is_for_each_command)
{
	static const char *const names[] = {
	    "init", "check", "verify", "install", "boot", "confirm", "rollback", "status", "take"};
	AUTO(outcome) all = RUN("update", "--help");

	cr_assert_eq(all.code, 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO(outcome) o = RUN("update", names[i], "--help");

		cr_assert_eq(o.code, 0, "%s", names[i]);
		cr_assert_not_null(strstr(o.out, "--store DIR"), "%s", names[i]);
		cr_assert_not_null(strstr(all.out, names[i]), "%s", names[i]);
	}
}

/* The rig's update stands in <dir>/update: its directory is the store. */
Test(update_cli, whole_way_of_a_release)
{
	struct update_rig *rig = update_rig_raw();
	AUTO(buf) trust = {0};
	struct maker_component c;
	const struct maker_release one = update_rig_release(1, "image one", &c);
	char digest[65], trust_path[160], at_hand[200];
	struct digest d;

	maker_trust(rig->maker, &(struct maker_trust){0}, &trust);
	d = sha256(buf_span(&trust));
	hex_text(SPAN_OF(d.bytes), digest);
	snprintf(trust_path, sizeof(trust_path), "%s", update_rig_file(rig, "t", buf_span(&trust)));
	snprintf(at_hand, sizeof(at_hand), "main=%s", update_rig_file(rig, "i", c.image));
	update_rig_bundle(rig, &one);
	{
		AUTO(outcome) o = RUN("update", "status", "--store", rig->dir);
		AUTO(outcome)
		init = RUN("update", "init", "--store", rig->dir, "--product", "sensor",
		    "--channel", "stable", "--model", "S1", "--vendor-domain", "maker.example",
		    "--component", "main", "--trust", trust_path, "--trust-digest", digest);
		AUTO(outcome)
		again =
		    RUN("update", "init", "--store", rig->dir, "--product", "sensor", "--channel",
			"stable", "--trust", trust_path, "--trust-digest", digest, "--json");

		cr_assert_eq(o.code, 1);
		cr_assert_not_null(strstr(o.err, "update.none"), "%s", o.err);
		cr_assert_eq(init.code, 0, "%s", init.err);
		cr_assert_str_eq(init.out, "init done\n");
		cr_assert_eq(again.code, 1);
		cr_assert_str_eq(member(again.out, "code"), "boot.provisioned");
	}
	{
		AUTO(outcome)
		verify = RUN(
		    "update", "verify", rig->bundle, "--store", rig->dir, "--component", at_hand);
		AUTO(outcome)
		json = RUN("update", "verify", rig->bundle, "--store", rig->dir, "--json");
		AUTO(outcome) nothing = RUN("update", "boot", "--store", rig->dir);

		cr_assert_eq(verify.code, 0, "%s", verify.err);
		cr_assert_not_null(strstr(verify.out, "approvals      ok"), "%s", verify.out);
		cr_assert_not_null(strstr(verify.out, "good: release 1.1"), "%s", verify.out);
		cr_assert_str_eq(member(json.out, "version"), "1.1");
		cr_assert_eq(nothing.code, 1);
		cr_assert_not_null(strstr(nothing.err, "boot.nothing"), "%s", nothing.err);
	}
	{
		AUTO(outcome)
		install = RUN("update", "install", rig->bundle, "--store", rig->dir, "--component",
		    at_hand, "--quiet");
		AUTO(outcome) boot = RUN("update", "boot", "--store", rig->dir, "--json");
		AUTO(outcome) confirm = RUN("update", "confirm", "--store", rig->dir);
		AUTO(outcome) twice = RUN("update", "confirm", "--store", rig->dir);
		AUTO(outcome) back = RUN("update", "rollback", "--store", rig->dir);
		AUTO(outcome) status = RUN("update", "status", "--store", rig->dir, "--json");
		AUTO(outcome) text = RUN("update", "status", "--store", rig->dir);

		cr_assert_eq(install.code, 0, "%s", install.err);
		cr_assert_str_eq(install.err, "");
		cr_assert_str_eq(member(boot.out, "kind"), "trial");
		cr_assert_eq(confirm.code, 0, "%s", confirm.err);
		cr_assert_eq(twice.code, 0);
		cr_assert_not_null(strstr(twice.out, "nothing to do"));
		cr_assert_eq(back.code, 1);
		cr_assert_not_null(strstr(back.err, "boot.no-trial"), "%s", back.err);
		cr_assert_str_eq(member(status.out, "counter"), "1");
		cr_assert_str_eq(member(status.out, "running"), "a");
		cr_assert_not_null(strstr(text.out, "1.1 (sequence 1), slot a"), "%s", text.out);
	}
	update_rig_free(rig);
}

Test(update_cli, check_says_by_its_exit_code)
{
	static const uint64_t recalled[] = {1};
	struct update_rig *u = update_rig_new(NULL);
	struct rig *rig = rig_new(0);
	char command[320];
	struct buf *offer = &rig->r->update.offer;

	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	update_rig_run(u, 1, "image one");
	snprintf(command, sizeof(command), "cp -a %s %s/update", u->directory, rig->store);
	cr_assert_eq(system(command), 0);
	rig->r->update.channel = "stable";
	{
		AUTO(outcome) current = {0};

		buf_put_str(offer,
		    "{\"product\":\"sensor\",\"channel\":\"stable\",\"sequence\":1,"
		    "\"version\":\"1.1\",\"bundle\":{\"sha256\":\"00\",\"size\":1}}");
		current = RUN("update", "check", "--store", rig->store);
		cr_assert_eq(current.code, 0, "%s", current.err);
		cr_assert_not_null(strstr(current.out, "up to date"), "%s", current.out);
	}
	{
		AUTO(outcome) newer = {0};

		buf_reset(offer);
		buf_put_str(offer,
		    "{\"product\":\"sensor\",\"channel\":\"stable\",\"sequence\":2,"
		    "\"version\":\"1.2\",\"bundle\":{\"sha256\":\"00\",\"size\":1}}");
		newer = RUN("update", "check", "--store", rig->store, "--json");
		cr_assert_eq(newer.code, 3, "%s", newer.err);
		cr_assert_str_eq(member(newer.out, "result"), "newer");
		cr_assert_str_eq(member(newer.out, "version"), "1.2");
	}
	{
		AUTO(outcome) leave = {0};

		maker_recall(u->maker,
		    &(struct maker_recall){
			.number = 1, .sequences = recalled, .count = 1, .successor = 2},
		    &rig->r->update.recall);
		buf_reset(offer);
		buf_put_str(offer, "{\"product\":\"sensor\",\"channel\":\"stable\",\"sequence\":2,"
				   "\"version\":\"1.2\",\"bundle\":{\"sha256\":\"00\",\"size\":1},"
				   "\"recall\":{\"number\":1}}");
		leave = RUN("update", "check", "--store", rig->store);
		cr_assert_eq(leave.code, 4, "%s", leave.err);
		cr_assert_not_null(strstr(leave.out, "is recalled: leave it"), "%s", leave.out);
	}
	rig->r->update.status = 503;
	{
		AUTO(outcome) later = RUN("update", "check", "--store", rig->store);

		cr_assert_eq(later.code, 5, "%s", later.err);
	}
	buf_free(offer);
	buf_free(&rig->r->update.recall);
	rig_free(rig);
	update_rig_free(u);
}
