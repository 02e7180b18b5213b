/* clients/device/cli.c and cli_show.c: the program, called in this process. */
#include "clients/device/cli.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/doc.h"
#include "tests/unit/device/cli_run.h"
#include "tests/unit/device/rig.h"

static void clean_environment(void)
{
	static const char *const names[] = {"SIGNET_DEVICE_STORE", "SIGNET_EST_URL",
	    "SIGNET_CACERT", "SIGNET_IDEVID_CERT", "SIGNET_IDEVID_KEY"};

	for (size_t i = 0; i < COUNT(names); i++)
		unsetenv(names[i]);
}

TestSuite(device_cli, .init = clean_environment);

Test(device_cli, wrong_usage_is_two)
{
	static const char *const wrong[][6] = {
	    {"dance"},
	    {"enroll"},
	    {"enroll", "--store"},
	    {"enroll", "--store", "/tmp/x", "--store=/tmp/y"},
	    {"enroll", "--store", "/tmp/x", "--same-key"},
	    {"enroll", "--store", "/tmp/x", "--again=yes"},
	    {"enroll", "--store", "/tmp/x", "--wait", "soon"},
	    {"enroll", "--store=/tmp/x", "--pin=00", "--cacert=/x"},
	    {"renew", "--store", "/tmp/x", "--remaining", "100"},
	    {"renew", "--store", "/tmp/x", "--attempts", "0"},
	    {"status", "--store", "/tmp/x", "behind"},
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		AUTO(outcome) o = cli_run(wrong[i]);

		cr_assert_eq(o.code, 2, "case %zu: %s", i, o.err);
		cr_assert_not_null(strstr(o.err, "--help"), "case %zu", i);
		cr_assert_str_eq(o.out, "");
	}
}

Test(device_cli, help_teaches_by_example)
{
	static const char *const commands[] = {"enroll", "renew", "status"};
	AUTO(outcome) o = RUN("--help");

	cr_assert_eq(o.code, 0);
	cr_assert_not_null(strstr(o.out, "--pin"));
	for (size_t i = 0; i < COUNT(commands); i++) {
		AUTO(outcome) c = RUN(commands[i], "--help");

		cr_assert_eq(c.code, 0);
		cr_assert_not_null(strstr(c.out, "--store DIR"));
		cr_assert_not_null(strstr(c.out, commands[i]));
	}
}

Test(device_cli, version)
{
	AUTO(outcome) o = RUN("--version");

	cr_assert_eq(o.code, 0);
	cr_assert(strncmp(o.out, "signet-device ", 14) == 0);
}

Test(device_cli, looking_makes_no_store)
{
	AUTO(outcome) o = RUN("status", "--store", "/tmp/signet-device-is-not-there");

	cr_assert_eq(o.code, 1);
	cr_assert_not_null(strstr(o.err, "no key store"));
	cr_assert_neq(system("test -e /tmp/signet-device-is-not-there"), 0);
}

static const char *text_of(const struct doc_file *doc, const char *name)
{
	const struct doc_node *node = doc_get(doc->documents[0], name);

	return node ? node->text : NULL;
}

Test(device_cli, enroll_status_renew)
{
	struct rig *rig = rig_new(0);
	AUTO(outcome)
	enrolled = RUN("enroll", "--store", rig->store, "--server", rig->r->url, "--idevid-cert",
	    rig->idevid_cert, "--idevid-key", rig->idevid_key, "--pin", rig->pin);
	AUTO(outcome) status = RUN("status", "--store", rig->store);
	AUTO(outcome) renewed = RUN("renew", "--store", rig->store, "--quiet");
	AUTO(outcome) idle = RUN("renew", "--store", rig->store, "--if-due");

	cr_assert_eq(enrolled.code, 0, "%s", enrolled.err);
	cr_assert_not_null(strstr(enrolled.out, "current/cert.pem"));
	cr_assert_not_null(strstr(status.out, "identity: LDevID"));
	cr_assert_not_null(strstr(status.out, rig->pin));
	cr_assert_eq(renewed.code, 0, "%s", renewed.err);
	cr_assert_str_eq(renewed.err, "");
	cr_assert_eq(idle.code, 0);
	cr_assert_not_null(strstr(idle.out, "renewal is due at"));
	rig_free(rig);
}

Test(device_cli, environment_gives_defaults_and_json_is_json)
{
	struct rig *rig = rig_new(0);
	AUTO(doc_file) doc = {0};
	struct err err = {0};

	setenv("SIGNET_DEVICE_STORE", rig->store, 1);
	setenv("SIGNET_EST_URL", rig->r->url, 1);
	setenv("SIGNET_CACERT", rig->root_file, 1);
	setenv("SIGNET_IDEVID_CERT", rig->idevid_cert, 1);
	setenv("SIGNET_IDEVID_KEY", rig->idevid_key, 1);
	AUTO(outcome) enrolled = RUN("enroll", "--json");
	AUTO(outcome) status = RUN("status", "--json");

	cr_assert_eq(enrolled.code, 0, "%s", enrolled.err);
	cr_assert_not_null(strstr(enrolled.out, "\"result\":\"done\""));
	cr_assert(doc_parse("status", span_str(status.out), &doc, &err).ok, "%s", err.message);
	cr_assert_str_eq(text_of(&doc, "identity"), "LDevID");
	cr_assert_str_eq(text_of(&doc, "valid"), "true");
	cr_assert_str_eq(text_of(&doc, "anchor_sha256"), rig->pin);
	rig_free(rig);
}

Test(device_cli, pending_is_one_and_says_run_again)
{
	struct rig *rig = rig_new(0);

	rig->r->pending = 1;
	AUTO(outcome)
	o = RUN("enroll", "--store", rig->store, "--server", rig->r->url, "--idevid-cert",
	    rig->idevid_cert, "--idevid-key", rig->idevid_key, "--pin", rig->pin);
	AUTO(outcome) status = RUN("status", "--store", rig->store);

	cr_assert_eq(o.code, 1);
	cr_assert_not_null(strstr(o.err, "pending:"));
	cr_assert_not_null(strstr(o.err, "run the same command again"));
	cr_assert_not_null(strstr(status.out, "pending: enroll, asked"));
	rig_free(rig);
}

/* Whatever is printed, the key is not. */
Test(device_cli, secrets_are_never_printed)
{
	struct rig *rig = rig_new(0);
	AUTO(outcome)
	o = RUN("enroll", "--store", rig->store, "--server", rig->r->url, "--idevid-cert",
	    rig->idevid_key, "--idevid-key", rig->idevid_key, "--pin", rig->pin);

	cr_assert_eq(o.code, 2, "a key where the certificate should be");
	cr_assert_null(strstr(o.err, "PRIVATE"));
	cr_assert_null(strstr(o.err, "MIG"));
	rig_free(rig);
}
