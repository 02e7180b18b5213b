/* tests/unit/api/release_scene.c: see release_scene.h. */
#include "tests/unit/api/release_scene.h"

#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "api/release.h"

#define DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const char *const people =
    "{kind: product, name: x100, manufacturer: Acme, model: X100, vendor_domain: acme.example}\n"
    "---\n"
    "{kind: product, name: y200, manufacturer: Acme, model: Y200, vendor_domain: acme.example}\n"
    "---\n"
    "kind: role\n"
    "name: releaser\n"
    "permissions: [release.read, release.create, release.publish, release.recall, request.read,\n"
    "  signing-key.manage, channel.manage, trust.publish]\n"
    "---\n"
    "{kind: principal, name: dan, type: person}\n"
    "---\n"
    "{kind: principal, name: eve, type: person}\n"
    "---\n"
    "{kind: binding, name: ada-releases, principal: ada, role: releaser}\n"
    "---\n"
    "{kind: binding, name: ci-releases, principal: ci, role: releaser}\n"
    "---\n"
    "{kind: binding, name: dan-releases, principal: dan, role: releaser, channels: [beta]}\n"
    "---\n"
    "{kind: binding, name: eve-releases, principal: eve, role: releaser, products: [y200]}\n"
    "---\n"
    "kind: oidc-issuer\n"
    "name: forge\n"
    "issuer: https://forge.example\n"
    "audience: signet\n"
    "jwks_url: https://forge.example/jwks\n";

static const char *const channels =
    "kind: channel\n"
    "name: x100-stable\n"
    "product: x100\n"
    "channel: stable\n"
    "production: true\n"
    "keys: [acme]\n"
    "approvals: [{role: officer, count: 2}]\n"
    "---\n"
    "{kind: channel, name: x100-beta, product: x100, channel: beta, keys: [acme]}\n"
    "---\n"
    "kind: channel\n"
    "name: x100-made\n"
    "product: x100\n"
    "channel: made\n"
    "keys: [acme]\n"
    "formats: [suit]\n"
    "sources: [{issuer: forge, repository_id: \"1\", ref: refs/heads/main}]\n";

struct request_scene *release_scene_new(void)
{
	struct request_scene *s = request_scene_new();

	request_scene_policy(s, people);
	EXPECT(people_post(s, "ada", "/api/v1/signing-keys",
		   "{\"name\":\"acme\",\"authority\":\"issuing\"}"),
	    201, "");
	request_scene_policy(s, channels);
	return s;
}

const char *release_body(struct request_scene *s, const char *channel, const char *version)
{
	return arena_printf(&s->arena,
	    "{\"product\":\"x100\",\"channel\":\"%s\",\"version\":\"%s\",\"components\":[{"
	    "\"id\":\"main\",\"digests\":{\"sha256\":\"" DIGEST "\"},\"size\":7}]}",
	    channel, version);
}

const char *release_path(struct request_scene *s, int64_t id, const char *step)
{
	return arena_printf(
	    &s->arena, "/api/v1/releases/%lld%s%s", (long long)id, step[0] ? "/" : "", step);
}

int64_t release_draft(struct request_scene *s, const char *channel, const char *version)
{
	const struct told t =
	    people_post(s, "ada", "/api/v1/releases", release_body(s, channel, version));

	cr_assert_eq(t.status, 201, "%d %s: %s", t.status, t.code, t.message);
	return strtoll(people_member(s, t.body, "id"), NULL, 10);
}

struct told release_do(struct request_scene *s, const char *as, int64_t id, const char *step)
{
	return people_post(s, as, release_path(s, id, step), NULL);
}

const char *release_state(struct request_scene *s, int64_t id)
{
	return pg_value(&s->database,
	    arena_printf(&s->arena, "SELECT state FROM release WHERE id = %lld", (long long)id));
}
