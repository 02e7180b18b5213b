/* tests/unit/ca/policy_document_test.c: the tables of documents, and the page that is made from
 * them. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/file.h"
#include "ca/policy_document.h"

#define PAGE  "docs/policy.md"
#define BEGIN "<!-- tables -->\n"
#define END   "<!-- end of tables -->\n"

/* With SIGNET_WRITE_DOCS set the page is written anew instead of compared. */
Test(ca_policy_document, the_page_has_every_member)
{
	AUTO(buf) page = {0};
	AUTO(buf) want = {0};
	struct err err = {0};
	const char *text, *begin, *end;

	cr_assert(file_read(PAGE, 1 << 20, &page, &err).ok, "%s", err.message);
	text = buf_cstr(&page);
	begin = strstr(text, BEGIN);
	end = strstr(text, END);
	cr_assert(begin && end && begin < end, "the marks are gone from " PAGE);
	buf_put(&want, span(text, (size_t)(begin + strlen(BEGIN) - text)));
	policy_document_help(&want);
	buf_put_str(&want, end);
	if (getenv("SIGNET_WRITE_DOCS"))
		cr_assert(file_replace(PAGE, buf_span(&want), 0644, &err).ok, "%s", err.message);
	else
		cr_expect_str_eq(buf_cstr(&want), text, "run once with SIGNET_WRITE_DOCS=1");
}

static void check_fields(const char *kind, const struct field *fields)
{
	for (const struct field *f = fields; f->name; f++) {
		cr_expect_not_null(f->help, "%s.%s says nothing of itself", kind, f->name);
		cr_expect(!(f->required && f->standard), "%s.%s: a standard that never counts",
		    kind, f->name);
		cr_expect(
		    f->type != FIELD_STR || f->max > 0, "%s.%s is not bounded", kind, f->name);
		if (f->sub)
			check_fields(kind, f->sub);
	}
}

Test(ca_policy_document, every_member_is_explained_and_bounded)
{
	for (int i = 0; i < POLICY_KINDS; i++) {
		check_fields(policy_kinds[i].name, policy_kinds[i].fields);
		cr_expect_eq(policy_kind_by_name(policy_kinds[i].name), &policy_kinds[i]);
	}
	cr_expect_null(policy_kind_by_name("nothing"));
}

Test(ca_policy_document, an_authoritys_document_is_checked_before_it_is_stored)
{
	AUTO(buf) out = {0};
	struct err err = {0};

	cr_assert(policy_authority_spec(
	    "issuing", "file:issuing.key", "http://ca.example/i.crl", NULL, NULL, &out, &err)
		      .ok);
	cr_expect_str_eq(buf_cstr(&out),
	    "{\"kind\":\"authority\",\"name\":\"issuing\",\"key_uri\":"
	    "\"file:issuing.key\",\"crl_url\":\"http://ca.example/i.crl\"}");
	cr_expect(!policy_authority_spec("Issuing CA", NULL, NULL, NULL, NULL, &out, &err).ok);
	cr_expect_eq(err.kind, ERR_CONFIG);
	err_clear(&err);
	cr_expect(!policy_authority_spec("x", NULL, "ca.example", NULL, NULL, &out, &err).ok);
	cr_expect_eq(err.kind, ERR_CONFIG);
}
