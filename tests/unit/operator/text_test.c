#include "clients/operator/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "clients/operator/table.h"
#include "clients/operator/value.h"
#include "clients/operator/yaml.h"

static const struct {
	const char *what, *text, *shown;
	size_t width; /* of what is shown */
} texts[] = {
    {"plain", "acme-x100", "acme-x100", 9},
    {"two columns each", "測試", "測試", 4},
    {"combining", "e\xcc\x81", "e\xcc\x81", 1},
    {"escape sequence", "\033[2J", "\\x1b[2J", 7},
    {"newline", "a\nb", "a\\nb", 4},
    {"tab", "a\tb", "a\\tb", 4},
    {"delete", "\x7f", "\\x7f", 4},
    {"C1 control, as UTF-8", "\xc2\x9b", "\\u{009b}", 8},
    {"C1 control, as an octet", "\x9b", "\\x9b", 4},
    {"right to left override", "\xe2\x80\xae", "\\u{202e}", 8},
    {"isolate", "\xe2\x81\xa6", "\\u{2066}", 8},
    {"not UTF-8", "\xff\xfe", "\\xff\\xfe", 8},
    {"cut short", "\xe6\xb8", "\\xe6\\xb8", 8},
};

Test(operator_text, nothing_that_steers_a_terminal_goes_through)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		AUTO(buf) out = {0};

		text_put(&out, span_str(texts[i].text));
		cr_expect_str_eq(buf_cstr(&out), texts[i].shown, "%s", texts[i].what);
		cr_expect_eq(text_width(buf_span(&out)), texts[i].width, "%s", texts[i].what);
	}
}

Test(operator_text, whatever_the_octets_the_result_is_printable_utf8)
{
	uint8_t octets[3];

	for (unsigned i = 0; i < 1 << 24; i += 251) {
		AUTO(buf) out = {0};

		octets[0] = (uint8_t)(i >> 16), octets[1] = (uint8_t)(i >> 8),
		octets[2] = (uint8_t)i;
		text_put(&out, SPAN_OF(octets));
		for (size_t k = 0; k < out.n; k++)
			cr_assert(out.p[k] >= 0x20 && out.p[k] != 0x7f, "%06x", i);
	}
}

Test(operator_text, json_keeps_its_meaning)
{
	json_t *v = json_pack("{s:s}", "a", "\x7f\xc2\x9b\xe2\x80\xae\n\033 é");
	AUTO(buf) out = {0};
	json_t *back;

	value_dump(v, &out);
	for (size_t k = 0; k < out.n; k++)
		cr_assert(out.p[k] == '\n' || (out.p[k] >= 0x20 && out.p[k] != 0x7f));
	cr_assert_null(memmem(out.p, out.n, "\xc2\x9b", 2));
	back = json_loadb((const char *)out.p, out.n, 0, NULL);
	cr_assert(json_equal(v, back));
	json_decref(v);
	json_decref(back);
}

Test(operator_table, columns_stand_below_each_other_by_what_is_seen)
{
	AUTO(table) t = {.columns = 3, .titles = {"NAME", "N", "LAST"}};
	char *text = NULL;
	size_t n;
	struct screen s = {.file = open_memstream(&text, &n)};

	table_put(&t, STYLE_RED, SPAN_LITERAL("測試"));
	table_put(&t, STYLE_PLAIN, SPAN_LITERAL("1"));
	table_put(&t, STYLE_PLAIN, SPAN_LITERAL("x"));
	table_put(&t, STYLE_PLAIN, SPAN_LITERAL("ab"));
	table_put(&t, STYLE_PLAIN, SPAN_NONE);
	table_put(&t, STYLE_PLAIN, SPAN_LITERAL("y"));
	table_print(&t, &s);
	fclose(s.file);
	cr_assert_str_eq(text, "NAME  N  LAST\n測試  1  x\nab    -  y\n");
	free(text);
}

Test(operator_table, the_next_page_stands_below_the_first_without_titles)
{
	AUTO(table) t = {.columns = 2, .titles = {"A", "B"}};
	char *text = NULL;
	size_t n;
	struct screen s = {.file = open_memstream(&text, &n)};

	for (int i = 0; i < 2; i++) {
		table_put(&t, STYLE_PLAIN, i ? SPAN_LITERAL("z") : SPAN_LITERAL("long"));
		table_put(&t, STYLE_PLAIN, SPAN_LITERAL("1"));
		table_print(&t, &s);
	}
	fclose(s.file);
	cr_assert_str_eq(text, "A     B\nlong  1\nz     1\n");
	free(text);
}

Test(operator_table, the_last_column_is_wrapped_where_the_terminal_ends)
{
	AUTO(table) t = {.columns = 2, .titles = {"A", "B"}};
	char *text = NULL;
	size_t n;
	struct screen s = {.file = open_memstream(&text, &n), .columns = 30};

	table_put(&t, STYLE_PLAIN, SPAN_LITERAL("x"));
	table_put(&t, STYLE_PLAIN, SPAN_LITERAL("one.two, three.four, five.six, seven"));
	table_print(&t, &s);
	fclose(s.file);
	cr_assert_str_eq(text, "A  B\nx  one.two, three.four, \n   five.six, seven\n");
	free(text);
}

Test(operator_screen, colours_are_for_screens_that_have_them)
{
	char *text = NULL;
	size_t n;
	struct screen s = {.file = open_memstream(&text, &n), .colour = true};

	screen_put(&s, STYLE_RED, "no");
	s.colour = false;
	screen_put(&s, STYLE_RED, "no");
	fclose(s.file);
	cr_assert_str_eq(text, "\033[31mno\033[0mno");
	free(text);
}

static const struct {
	const char *json, *yaml;
} yamls[] = {
    {"{\"kind\":\"role\",\"permissions\":[\"a.b\",\"c\"]}",
	"kind: role\npermissions:\n- a.b\n- c\n"},
    {"{\"a\":\"yes\",\"b\":\"1\",\"c\":1,\"d\":true,\"e\":null}",
	"a: \"yes\"\nb: \"1\"\nc: 1\nd: true\ne: null\n"},
    {"{\"a\":[],\"b\":{},\"c\":\"\"}", "a: []\nb: {}\nc: \"\"\n"},
    {"{\"a\":[{\"x\":1,\"z\":[2]},[3]]}", "a:\n- x: 1\n  z:\n  - 2\n- - 3\n"},
    {"{\"a\":\"x: y\",\"b\":\"# c\",\"c\":\"- d\",\"d\":\"a #b\",\"e\":\"2027-01-01T00:00:00Z\"}",
	"a: \"x: y\"\nb: \"# c\"\nc: \"- d\"\nd: \"a #b\"\ne: \"2027-01-01T00:00:00Z\"\n"},
    {"{\"a\":\"x\\ny\\n\",\"b\":[\"x\\ny\"],\"c\":\"x\\n\\ny\",\"d\":\"x\\n\\u001by\"}",
	"a: |\n  x\n  y\nb:\n- |-\n  x\n  y\nc: \"x\\n\\ny\"\nd: \"x\\n\\u001by\"\n"},
    {"{\"a\":\"\\u001b[2J\\n\",\"b\":\"https://x.example/y\"}",
	"a: \"\\u001b[2J\\n\"\nb: https://x.example/y\n"},
};

Test(operator_yaml, values_read_back_as_they_were)
{
	for (size_t i = 0; i < COUNT(yamls); i++) {
		json_t *v = json_loads(yamls[i].json, 0, NULL);
		AUTO(buf) out = {0};

		yaml_put(v, 0, &out);
		cr_expect_str_eq(buf_cstr(&out), yamls[i].yaml);
		json_decref(v);
	}
}
