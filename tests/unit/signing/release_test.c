/* tests/unit/signing/release_test.c: drafts: what is taken, what is refused, what is the same. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/signing/release_scene.h"

static struct release_scene *s;
static void open_scene(void)
{
	s = release_scene_new();
}
static void close_scene(void)
{
	release_scene_free(s);
}
TestSuite(release, .timeout = 180, .init = open_scene, .fini = close_scene);

Test(release, a_draft_is_stored_with_its_manifests_and_an_entry)
{
	const struct release_row row = scene_created(s, "1.0.0");
	const struct release_row stored = scene_release(s, row.id);
	struct suit_manifest m;

	cr_expect_str_eq(stored.state, "draft");
	cr_expect_eq(stored.sequence, row.sequence);
	cr_expect(span_equal(stored.manifest, row.manifest));
	cr_expect(span_equal(stored.json_manifest, row.json_manifest));
	cr_assert_eq(suit_manifest_read(stored.manifest, &m), REFUSAL_NONE);
	cr_expect_eq(m.sequence, (uint64_t)row.sequence);
	cr_expect_eq(m.component_count, 2);
	cr_expect_eq(
	    pg_number(&s->log.database, "SELECT count(*) FROM log_entry e JOIN log_salt s ON "
					"s.entry_id = e.id WHERE e.kind = 'release.created' AND "
					"s.record_kind = 'release-step'"),
	    1);
}

Test(release, sequences_rise_across_channels_and_are_given_once)
{
	struct release_new beta = release_scene_content(s, "2");
	struct release_row a = scene_created(s, "1"), b, c;
	struct err err = {0};
	bool made;

	beta.channel = "beta";
	cr_assert(scene_create(s, &beta, "alice", &b, &made, &err).ok, "%s", err.message);
	c = scene_created(s, "3");
	cr_expect_gt(b.sequence, a.sequence);
	cr_expect_gt(c.sequence, b.sequence);
}

Test(release, the_same_again_is_the_same_release)
{
	const struct release_row first = scene_created(s, "1.0.0");
	const struct release_new again = release_scene_content(s, "1.0.0");
	struct release_row row;
	struct err err = {0};
	bool made = true;

	cr_assert(scene_create(s, &again, "alice", &row, &made, &err).ok, "%s", err.message);
	cr_expect_not(made);
	cr_expect_eq(row.id, first.id);
	cr_expect(span_equal(row.manifest, first.manifest));
}

Test(release, two_drafts_of_one_content_differ_in_version_and_sequence_alone)
{
	struct release_row a = scene_created(s, "1"), b = scene_created(s, "2");

	cr_expect_str_eq(a.spec, b.spec);
	cr_expect(span_equal(a.class_id, b.class_id));
	cr_expect_eq(a.manifest.n, b.manifest.n);
}

/* ---- the same version with something else ---- */

static void other_digest(struct release_new *n)
{
	struct release_component *c = arena_alloc(&s->arena, 2 * sizeof(*c));

	memcpy(c, n->components, 2 * sizeof(*c));
	c[0].sha256 = "0000000000000000000000000000000000000000000000000000000000000001";
	n->components = c;
}
static void fewer_components(struct release_new *n)
{
	n->component_count = 1;
}
static void other_notes(struct release_new *n)
{
	n->notes = "Something else.";
}
static void no_notes(struct release_new *n)
{
	n->notes = NULL;
}
static void an_sbom(struct release_new *n)
{
	n->sbom_format = "spdx";
	n->sbom_sha256 = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9";
}
static const struct provenance a_run = {.issuer = "https://ci.example",
    .repository_id = "42",
    .ref = "refs/heads/main",
    .commit = "abc",
    .run = "7"};
static void a_provenance(struct release_new *n)
{
	n->provenance = &a_run;
}

Test(release, the_same_version_with_something_else_says_what_differs)
{
	static const struct {
		void (*change)(struct release_new *n);
		const char *member;
	} cases[] = {
	    {other_digest, "other components"},
	    {fewer_components, "other components"},
	    {other_notes, "other notes"},
	    {no_notes, "other notes"},
	    {an_sbom, "other sbom"},
	    {a_provenance, "other provenance"},
	};

	(void)scene_created(s, "1.0.0");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct release_new n = release_scene_content(s, "1.0.0");
		struct release_row row;
		struct err err = {0};
		bool made;

		cases[i].change(&n);
		cr_expect_not(scene_create(s, &n, "alice", &row, &made, &err).ok);
		cr_expect_str_eq(err_code(&err), "release.exists");
		cr_expect(strstr(err.message, cases[i].member), "%s", err.message);
	}
}

/* Sequence 1 is no beginning of sequence 10. */
Test(release, another_superseded_release_is_another_content)
{
	const struct release_row first = scene_created(s, "1");
	struct release_row tenth = first, row;
	char version[8];
	struct release_new n;
	struct err err = {0};
	bool made;

	while (tenth.sequence < 10 * first.sequence) {
		(void)snprintf(version, sizeof(version), "1.%d", (int)tenth.sequence);
		tenth = scene_created(s, version);
	}
	n = release_scene_content(s, "2");
	n.supersedes = tenth.sequence;
	cr_assert(scene_create(s, &n, "alice", &row, &made, &err).ok, "%s", err.message);
	n.supersedes = first.sequence;
	cr_expect_not(scene_create(s, &n, "alice", &row, &made, &err).ok);
	cr_expect_str_eq(err_code(&err), "release.exists");
	cr_expect(strstr(err.message, "other supersedes"), "%s", err.message);
}

Test(release, somebody_elses_version_is_not_taken)
{
	struct release_new n = release_scene_content(s, "1.0.0");
	struct release_row row;
	struct err err = {0};
	bool made;

	(void)scene_created(s, "1.0.0");
	cr_expect_not(scene_create(s, &n, "bob", &row, &made, &err).ok);
	cr_expect_str_eq(err_code(&err), "release.exists");
}

Test(release, another_run_of_the_same_commit_is_the_same_release)
{
	struct provenance run = a_run, other;
	struct release_new n = release_scene_content(s, "1.0.0");
	struct release_row first, row;
	struct err err = {0};
	bool made;

	n.provenance = &run;
	cr_assert(scene_create(s, &n, "ci", &first, &made, &err).ok, "%s", err.message);
	other = run;
	other.run = "8";
	n.provenance = &other;
	cr_assert(scene_create(s, &n, "ci", &row, &made, &err).ok, "%s", err.message);
	cr_expect_not(made);
	cr_expect_eq(row.id, first.id);
	other.commit = "def";
	cr_expect_not(scene_create(s, &n, "ci", &row, &made, &err).ok);
	cr_expect_str_eq(err_code(&err), "release.exists");
}

/* ---- what is refused ---- */

struct bad {
	const char *claim;
	void (*change)(struct release_new *n, struct release_component *c);
	const char *code;
};
#define BAD(name, ...)                                                       \
	static void name(struct release_new *n, struct release_component *c) \
	{                                                                    \
		(void)n;                                                     \
		(void)c;                                                     \
		__VA_ARGS__;                                                 \
	}
BAD(no_version, n->version = "")
BAD(version_with_space, n->version = "1 0")
BAD(version_in_utf8, n->version = "1\xc3\xa4")
BAD(long_version, n->version = "12345678901234567890123456789012345678901234567890123456789012345")
BAD(no_component, n->component_count = 0)
BAD(upper_id, c[0].id = "Main")
BAD(path_id, c[0].id = "../main")
BAD(empty_id, c[0].id = "")
BAD(same_id, c[1].id = "main")
BAD(no_digest, c[0].sha256 = NULL)
BAD(short_digest, c[0].sha256 = "5feceb66")
BAD(colon_digest, c[0].sha256 = "5f:eceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e")
BAD(no_hex, c[0].sha256 = "zzceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9z")
BAD(no_size, c[0].size = 0)
BAD(negative_size, c[0].size = -1)
BAD(bomb, c[0].size = (INT64_C(1) << 40) + 1)
BAD(ftp, c[0].uri = "ftp://firmware.acme.example/x")
BAD(file_uri, c[0].uri = "file:///etc/passwd")
BAD(no_host, c[0].uri = "https:///x")
BAD(spaced_uri, c[0].uri = "https://firmware.acme.example/a b")
BAD(longer_host, c[0].uri = "https://firmware.acme.example.evil/x")
BAD(user_host, c[0].uri = "https://firmware.acme.example@evil/x")
BAD(climbing, c[0].uri = "https://firmware.acme.example/x100/../y/z")
BAD(wrong_sbom, n->sbom_format = "swid"; n->sbom_sha256 = c[0].sha256)
BAD(sbom_alone, n->sbom_format = "spdx")
BAD(digest_alone, n->sbom_sha256 = c[0].sha256)
BAD(bad_notes, n->notes = "\xff")
BAD(negative_supersedes, n->supersedes = -1)
BAD(unknown_supersedes, n->supersedes = 4711)
BAD(unknown_channel, n->channel = "nightly")

static const struct bad bads[] = {
    {"a version is there", no_version, "release.version"},
    {"it has no space", version_with_space, "release.version"},
    {"it is ASCII", version_in_utf8, "release.version"},
    {"it is short", long_version, "release.version"},
    {"there is a component", no_component, "release.component"},
    {"ids are lower case", upper_id, "release.component"},
    {"ids are no paths", path_id, "release.component"},
    {"ids are there", empty_id, "release.component"},
    {"ids are different", same_id, "release.component"},
    {"a digest is there", no_digest, "release.component"},
    {"a digest is whole", short_digest, "release.component"},
    {"a digest has no colons", colon_digest, "release.component"},
    {"a digest is hex", no_hex, "release.component"},
    {"a size is there", no_size, "release.component"},
    {"a size is positive", negative_size, "release.component"},
    {"a size is bounded", bomb, "release.component"},
    {"schemes are those that devices know", ftp, "release.uri"},
    {"no file of the device", file_uri, "release.uri"},
    {"a host is there", no_host, "release.uri"},
    {"a URI has no space", spaced_uri, "release.uri"},
    {"a prefix ends with the host", longer_host, "release.uri"},
    {"a prefix is no user", user_host, "release.uri"},
    {"nothing climbs out of a prefix", climbing, "release.uri"},
    {"SBOM formats are two", wrong_sbom, "release.sbom"},
    {"an SBOM has a digest", sbom_alone, "release.sbom"},
    {"a digest has a format", digest_alone, "release.sbom"},
    {"notes are UTF-8", bad_notes, "release.notes"},
    {"sequences are positive", negative_supersedes, "release.supersedes"},
    {"what is superseded is there", unknown_supersedes, "release.supersedes"},
    {"channels have documents", unknown_channel, "release.channel"},
};

Test(release, what_is_wrong_is_refused_with_its_reason)
{
	char *prefix[] = {arena_strdup(&s->arena, "https://firmware.acme.example")};

	s->stable->uri_prefixes = (struct str_list){prefix, 1};
	for (size_t i = 0; i < COUNT(bads); i++) {
		struct release_new n = release_scene_content(s, "1.0.0");
		struct release_component c[2];
		struct release_row row;
		struct err err = {0};
		bool made;

		memcpy(c, n.components, sizeof(c));
		n.components = c;
		bads[i].change(&n, c);
		cr_expect_not(
		    scene_create(s, &n, "alice", &row, &made, &err).ok, "%s", bads[i].claim);
		cr_expect_str_eq(err_code(&err), bads[i].code, "%s: %s, %s", bads[i].claim,
		    err_code(&err), err.message);
	}
	cr_expect_eq(pg_number(&s->log.database, "SELECT count(*) FROM release"), 0);
	(void)scene_created(s, "1.0.0");
}

Test(release, a_channel_may_demand_an_sbom)
{
	struct release_new n = release_scene_content(s, "1.0.0");
	struct release_row row;
	struct err err = {0};
	bool made;

	s->stable->sbom = true;
	cr_expect_not(scene_create(s, &n, "alice", &row, &made, &err).ok);
	cr_expect_str_eq(err_code(&err), "release.sbom");
	an_sbom(&n);
	err_clear(&err);
	cr_expect(scene_create(s, &n, "alice", &row, &made, &err).ok, "%s", err.message);
}

Test(release, a_channel_names_its_requesters)
{
	char *names[] = {arena_strdup(&s->arena, "ci")};
	struct release_new n = release_scene_content(s, "1.0.0");
	struct release_row row;
	struct err err = {0};
	bool made;

	s->stable->requesters = (struct str_list){names, 1};
	cr_expect_not(scene_create(s, &n, "alice", &row, &made, &err).ok);
	cr_expect_str_eq(err_code(&err), "release.requester");
	err_clear(&err);
	cr_expect(scene_create(s, &n, "ci", &row, &made, &err).ok, "%s", err.message);
}

Test(release, a_product_without_vendor_domain_has_no_releases)
{
	struct release_new n = release_scene_content(s, "1.0.0");
	struct release_row row;
	struct err err = {0};
	bool made;

	s->product.vendor_domain = NULL;
	cr_expect_not(scene_create(s, &n, "alice", &row, &made, &err).ok);
	cr_expect_str_eq(err_code(&err), "release.vendor");
}

Test(release, it_supersedes_an_earlier_one_of_its_channel)
{
	struct release_row first = scene_created(s, "1"), row;
	struct release_new n = release_scene_content(s, "2");
	struct err err = {0};
	bool made;

	n.supersedes = first.sequence;
	cr_assert(scene_create(s, &n, "alice", &row, &made, &err).ok, "%s", err.message);
	n.channel = "beta";
	cr_expect_not(scene_create(s, &n, "alice", &row, &made, &err).ok);
	cr_expect_str_eq(err_code(&err), "release.supersedes");
}
