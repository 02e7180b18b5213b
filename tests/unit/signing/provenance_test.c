/* tests/unit/signing/provenance_test.c: which CI runs a channel takes releases from. */
#include "signing/provenance.h"

#include <criterion/criterion.h>
#include <string.h>

static char issuer_name[] = "github", url[] = "https://ci.example", id[] = "42",
	    main_ref[] = "refs/heads/main", tags[] = "refs/tags/*",
	    workflow[] = "acme/x100/.github/workflows/release.yml", production[] = "production",
	    channel_name[] = "x100-stable";

static struct oidc_issuer issuer = {.name = issuer_name, .issuer = url};
static struct channel_source source = {.issuer_name = issuer_name,
    .repository_id = id,
    .ref = main_ref,
    .workflow = workflow,
    .issuer = &issuer};
static struct channel channel = {.name = channel_name, .sources = {&source, 1}};

/* The run that the source above is for. */
static struct provenance a_run(void)
{
	return (struct provenance){.issuer = "https://ci.example",
	    .repository = "acme/x100",
	    .repository_id = "42",
	    .ref = "refs/heads/main",
	    .commit = "0123456789abcdef0123456789abcdef01234567",
	    .workflow = "acme/x100/.github/workflows/release.yml@refs/heads/main",
	    .run = "1234",
	    .event = "push",
	    .ref_protected = true};
}

static void expect(const struct provenance *p, const char *code)
{
	struct err err = {0};
	const bool ok = provenance_judge(&channel, p, &err).ok;

	cr_expect_eq(ok, code == NULL, "%s", err.message);
	if (code && !ok)
		cr_expect_str_eq(err_code(&err), code, "%s: %s", err_code(&err), err.message);
}

Test(provenance, the_run_that_the_channel_names_is_taken)
{
	struct provenance p = a_run();

	expect(&p, NULL);
	p.workflow = "acme/x100/.github/workflows/release.yml"; /* without its ref */
	expect(&p, NULL);
}

#define CHANGED(member, value, code)            \
	do {                                    \
		struct provenance p_ = a_run(); \
		p_.member = (value);            \
		expect(&p_, (code));            \
	} while (0)

Test(provenance, anything_else_is_not)
{
	expect(NULL, "release.source");
	CHANGED(issuer, "https://ci.example.evil", "release.source");
	CHANGED(issuer, NULL, "release.source");
	CHANGED(repository_id, "43", "release.source");
	CHANGED(repository_id, "4", "release.source");
	CHANGED(repository_id, "420", "release.source");
	CHANGED(repository_id, NULL, "release.source");
	CHANGED(ref, "refs/heads/mainline", "release.source");
	CHANGED(ref, "refs/heads/feature", "release.source");
	CHANGED(ref, NULL, "release.source");
	CHANGED(workflow, NULL, "release.source");
	CHANGED(
	    workflow, "acme/x100/.github/workflows/other.yml@refs/heads/main", "release.source");
	/* a file whose name goes on */
	CHANGED(workflow, "acme/x100/.github/workflows/release.yml@evil.yml@refs/heads/main",
	    "release.source");
	CHANGED(ref_protected, false, "release.ref");
}

Test(provenance, a_fork_is_refused_whatever_else_it_says)
{
	channel.sources.count = 0;
	CHANGED(event, "pull_request", "release.fork");
	channel.sources.count = 1;
	CHANGED(event, "pull_request", "release.fork");
	CHANGED(event, "pull_request_target", "release.fork");
	CHANGED(event, "merge_request_event", "release.fork");
	CHANGED(event, "external_pull_request_event", "release.fork");
	CHANGED(ref, "refs/pull/7/merge", "release.fork");
	CHANGED(ref, "refs/merge-requests/7/head", "release.fork");
}

Test(provenance, a_ref_that_is_not_protected_is_taken_where_the_source_says_so)
{
	source.any_ref = true;
	CHANGED(ref_protected, false, NULL);
	CHANGED(ref, "refs/heads/feature", "release.source");
}

Test(provenance, a_star_stands_for_the_rest_of_a_ref)
{
	source.ref = tags;
	CHANGED(ref, "refs/tags/v1.0.0", NULL);
	CHANGED(ref, "refs/tags/", "release.source");
	CHANGED(ref, "refs/heads/main", "release.source");
}

Test(provenance, an_environment_that_the_channel_names_must_be_the_runs)
{
	source.environment = production;
	CHANGED(environment, NULL, "release.source");
	CHANGED(environment, "staging", "release.source");
	CHANGED(environment, "production", NULL);
}

Test(provenance, without_sources_persons_and_runs_may_release)
{
	channel.sources.count = 0;
	expect(NULL, NULL);
	CHANGED(repository_id, "43", NULL);
}

Test(provenance, what_is_written_is_read_back)
{
	const struct provenance p = a_run();
	AUTO(arena) arena = {0};
	AUTO(buf) one = {0};
	AUTO(buf) two = {0};
	struct provenance read;
	struct err err = {0};

	provenance_put(&p, &one);
	cr_assert(provenance_read(buf_cstr(&one), &arena, &read, &err).ok, "%s", err.message);
	provenance_put(&read, &two);
	cr_expect(span_equal(buf_span(&one), buf_span(&two)), "%s", buf_cstr(&two));
	cr_expect(read.ref_protected);
	cr_expect_null(read.environment);
}

Test(provenance, what_is_not_of_this_form_is_refused)
{
	static const char *const bad[] = {"", "[]", "x", "{\"actor\":\"alice\"}",
	    "{\"commit\":[\"a\"]}", "{\"commit\":\"a\"} {\"commit\":\"b\"}"};
	AUTO(arena) arena = {0};
	struct provenance p;

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct err err = {0};

		cr_expect_not(provenance_read(bad[i], &arena, &p, &err).ok, "%s", bad[i]);
	}
}
