/* tests/unit/access/oidc_run_test.c: what is kept of a run, from GitHub's claims and GitLab's. */
#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <string.h>

#include "access/oidc_run.h"
#include "tests/lib/jwt.h"
#include "tests/lib/pki.h"

/* Claims as a token has them, read; the text lives in the arena. */
static const char *run_of(const char *claims, struct arena *arena)
{
	EVP_PKEY *key = pki_key("EC-P256");
	AUTO(buf) token = {0};
	AUTO_REF(jws) t = NULL;
	struct err err = {0};

	jwt_sign("{\"alg\":\"ES256\",\"kid\":\"k\"}", claims, key, &token);
	EVP_PKEY_free(key);
	cr_assert(jws_read(buf_span(&token), &t, &err).ok, "%s", err.message);
	return oidc_run(t, arena);
}

static const struct {
	const char *name, *claims, *want; /* want NULL: nothing is kept */
} cases[] = {
    {"github",
	"{\"iss\":\"https://token.actions.githubusercontent.com\",\"sub\":\"repo:acme/x100\","
	"\"repository\":\"acme/x100\",\"repository_id\":\"123456\",\"ref\":\"refs/heads/main\","
	"\"ref_protected\":\"true\",\"sha\":\"6dcb\",\"run_id\":\"30\",\"event_name\":\"push\","
	"\"environment\":\"prod\","
	"\"workflow_ref\":\"acme/x100/.github/workflows/r.yml@refs/heads/main\"}",
	"{\"commit\":\"6dcb\",\"environment\":\"prod\",\"event\":\"push\","
	"\"issuer\":\"https://token.actions.githubusercontent.com\",\"ref\":\"refs/heads/main\","
	"\"ref_protected\":true,\"repository\":\"acme/x100\",\"repository_id\":\"123456\","
	"\"run\":\"30\",\"workflow\":\"acme/x100/.github/workflows/r.yml@refs/heads/main\"}"},
    {"gitlab: ids as numbers, a short ref beside the whole one",
	"{\"iss\":\"https://gitlab.example\",\"project_path\":\"acme/x100\",\"project_id\":77,"
	"\"ref\":\"main\",\"ref_path\":\"refs/heads/main\",\"ref_protected\":\"true\","
	"\"sha\":\"9a\",\"pipeline_id\":\"5\",\"pipeline_source\":\"push\","
	"\"ci_config_ref_uri\":\"gitlab.example/acme/x100//.gitlab-ci.yml@refs/heads/main\"}",
	"{\"commit\":\"9a\",\"event\":\"push\",\"issuer\":\"https://gitlab.example\","
	"\"ref\":\"refs/heads/main\",\"ref_protected\":true,\"repository\":\"acme/x100\","
	"\"repository_id\":\"77\",\"run\":\"5\","
	"\"workflow\":\"gitlab.example/acme/x100//.gitlab-ci.yml@refs/heads/main\"}"},
    {"not protected is said, and what is no \"true\" is not protected",
	"{\"iss\":\"i\",\"repository_id\":\"1\",\"ref_protected\":\"True\"}",
	"{\"issuer\":\"i\",\"ref_protected\":false,\"repository_id\":\"1\"}"},
    {"a pull request says so",
	"{\"iss\":\"i\",\"repository_id\":\"1\",\"event_name\":\"pull_request\","
	"\"ref\":\"refs/pull/7/merge\"}",
	"{\"event\":\"pull_request\",\"issuer\":\"i\",\"ref\":\"refs/pull/7/merge\","
	"\"repository_id\":\"1\"}"},
    {"control characters are kept out",
	"{\"iss\":\"i\",\"repository_id\":\"1\",\"ref\":\"refs/heads/a\\nb\"}",
	"{\"issuer\":\"i\",\"repository_id\":\"1\"}"},
    {"an object is no text", "{\"iss\":\"i\",\"repository_id\":\"1\",\"sha\":{\"a\":\"b\"}}",
	"{\"issuer\":\"i\",\"repository_id\":\"1\"}"},
    {"of no repository", "{\"iss\":\"i\",\"ref\":\"refs/heads/main\"}", NULL},
    {"an empty repository", "{\"iss\":\"i\",\"repository_id\":\"\"}", NULL},
};

Test(access_oidc_run, is_told_in_one_form)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(arena) arena = {0};
		const char *run = run_of(cases[i].claims, &arena);

		if (cases[i].want)
			cr_expect_str_eq(run ? run : "nothing", cases[i].want, "%s", cases[i].name);
		else
			cr_expect_null(run, "%s", cases[i].name);
	}
}

Test(access_oidc_run, what_is_longer_than_its_bound_is_left_out)
{
	for (size_t n = OIDC_RUN_TEXT_MAX; n <= OIDC_RUN_TEXT_MAX + 1; n++) {
		AUTO(arena) arena = {0};
		AUTO(buf) claims = {0};
		const char *run;

		buf_put_str(&claims, "{\"iss\":\"i\",\"repository_id\":\"1\",\"ref\":\"");
		for (size_t i = 0; i < n; i++)
			buf_put_byte(&claims, 'r');
		buf_put_str(&claims, "\"}");
		run = run_of(buf_cstr(&claims), &arena);
		cr_assert_not_null(run);
		cr_expect_eq(strstr(run, "rrr") != NULL, n == OIDC_RUN_TEXT_MAX);
	}
}
