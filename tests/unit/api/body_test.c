/* JSON, read as strictly as its header says; and what is written anew of it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "api/body.h"
#include "api/page.h"

static const struct {
	const char *name;
	struct span text;
} refused[] = {
    {"nothing", {(const uint8_t *)"", 0}},
    {"half", SPAN_LITERAL("{\"a\":")},
    {"two values", SPAN_LITERAL("{} {}")},
    {"a member twice", SPAN_LITERAL("{\"a\":1,\"a\":1}")},
    {"a member twice, written otherwise", SPAN_LITERAL("{\"a\":1,\"\\u0061\":1}")},
    {"NUL behind a number", SPAN_LITERAL("{\"a\":1\0,\"b\":2}")},
    {"NUL escaped", SPAN_LITERAL("{\"a\":\"\\u0000\"}")},
    {"NUL in a name", SPAN_LITERAL("{\"\\u0000\":1}")},
    {"not UTF-8", SPAN_LITERAL("{\"a\":\"\xff\"}")},
    {"half a surrogate pair", SPAN_LITERAL("{\"a\":\"\\ud800\"}")},
    {"fraction", SPAN_LITERAL("{\"a\":1.5}")},
    {"exponent", SPAN_LITERAL("{\"a\":1e3}")},
    {"beyond 64 bits", SPAN_LITERAL("{\"a\":9223372036854775808}")},
    {"too deep", SPAN_LITERAL("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]")},
    {"too deep behind a string", SPAN_LITERAL("[\"\\\"\",[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]")},
    {"comment", SPAN_LITERAL("{/* x */}")},
    {"single quotes", SPAN_LITERAL("{'a':1}")},
};

Test(api_body, what_is_no_strict_json_is_refused)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		AUTO(arena) arena = {0};
		const struct doc_node *node;
		struct err err = {0};

		cr_expect_not(
		    body_parse(refused[i].text, &arena, &node, &err).ok, "%s", refused[i].name);
		cr_expect_str_eq(
		    err_code(&err), "body.json", "%s: %s", refused[i].name, err.message);
	}
}

Test(api_body, brackets_in_strings_are_not_depth)
{
	AUTO(arena) arena = {0};
	const struct doc_node *node;
	struct err err = {0};

	cr_expect(body_parse(SPAN_LITERAL("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[\\\"[[\"}"), &arena,
		      &node, &err)
		      .ok,
	    "%s", err.message);
	cr_expect_str_eq(doc_get(node, "a")->text, "[[[[[[[[[[[[[[[[[[[[[[[\"[[");
}

Test(api_body, a_document_gets_the_kind_and_name_of_its_path)
{
	AUTO(buf) out = {0};
	struct err err = {0}, other = {0};

	cr_assert(
	    body_document(SPAN_LITERAL("{\"type\":\"person\"}"), "principal", "al\"ice", &out, &err)
		.ok);
	cr_expect_str_eq(
	    buf_cstr(&out), "{\"type\":\"person\",\"kind\":\"principal\",\"name\":\"al\\\"ice\"}");
	cr_expect_not(
	    body_document(SPAN_LITERAL("{\"kind\":\"role\"}"), "principal", "a", &out, &other).ok);
	cr_expect_str_eq(err_code(&other), "document.refused");
}

/* ---- cursors ---- */

Test(api_page, a_cursor_leads_back_to_where_it_came_from)
{
	static const int64_t ids[] = {1, 42, INT64_MAX};

	for (size_t i = 0; i < COUNT(ids); i++) {
		AUTO(buf) out = {0};
		struct json j = {.out = &out};
		struct page_query page = {.limit = 50};
		struct err err = {0};
		int64_t id = 0;

		json_object_begin(&j, NULL);
		page_next_id(&j, true, ids[i]);
		json_object_end(&j);
		page.after = strdup(strchr(buf_cstr(&out), ':') + 2);
		page.after[strcspn(page.after, "\"")] = 0;
		cr_expect(page_after_id(&page, &id, &err).ok, "%s", err.message);
		cr_expect_eq(id, ids[i]);
		free(page.after);
	}
}
