/* YAML and JSON to trees: lines, kinds, and what is refused. */
#include "base/doc.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *refusal_of(struct span text)
{
	static struct err err;
	struct doc_file f = {0};

	err_clear(&err);
	if (doc_parse("policy.yaml", text, &f, &err).ok) {
		doc_free(&f);
		return "";
	}
	cr_assert_eq(err.kind, ERR_CONFIG);
	cr_assert_null(f.documents);
	return err.message;
}

Test(base_doc, trees_remember_kinds_lines_and_quotes)
{
	static const char text[] = "# a comment\n"
				   "name: factory\n"
				   "list:\n"
				   "  - one\n"
				   "  - 'two'\n"
				   "map: {a: 1, \"b\": \"2\"}\n"
				   "block: |\n"
				   "  line 1\n"
				   "  line 2\n"
				   "empty:\n";
	AUTO(doc_file) f = {0};
	struct err err = {0};
	const struct doc_node *root, *list, *map, *block;

	cr_assert(doc_parse("a.yaml", SPAN_LITERAL(text), &f, &err).ok, "%s", err.message);
	cr_assert_eq(f.count, 1);
	cr_assert_str_eq(f.name, "a.yaml");
	root = f.documents[0];
	cr_assert_eq(root->kind, DOC_MAP);
	cr_assert_eq(root->line, 2);
	cr_assert_str_eq(doc_get(root, "name")->text, "factory");
	list = doc_get(root, "list");
	cr_assert_eq(list->kind, DOC_LIST);
	cr_assert_eq(list->line, 3);
	cr_assert_str_eq(list->child->text, "one");
	cr_assert_not(list->child->quoted);
	cr_assert_str_eq(list->child->next->text, "two");
	cr_assert(list->child->next->quoted);
	cr_assert_eq(list->child->next->line, 5);
	cr_assert_null(list->child->next->next);
	map = doc_get(root, "map");
	cr_assert_str_eq(doc_get(map, "b")->text, "2");
	cr_assert_str_eq(doc_get(map, "b")->key, "b");
	block = doc_get(root, "block");
	cr_assert_str_eq(block->text, "line 1\nline 2\n");
	cr_assert(block->quoted);
	cr_assert_str_eq(doc_get(root, "empty")->text, "");
	cr_assert_eq(doc_get(root, "empty")->line, 10);
	cr_assert_null(doc_get(root, "none"));
	cr_assert_null(doc_get(list, "none"));
	cr_assert_null(doc_get(NULL, "none"));
}

Test(base_doc, documents_are_counted_and_empty_ones_are_none)
{
	static const struct {
		const char *text;
		size_t count;
	} rows[] = {
	    {"", 0},
	    {"# only a comment\n", 0},
	    {"---\n", 0},
	    {"a: 1\n", 1},
	    {"---\na: 1\n---\nb: 2\n", 2},
	    {"---\na: 1\n---\n# nothing\n---\nb: 2\n---\n", 2},
	    {"a: 1\n...\n---\nb: 2\n...\n", 2},
	    {"{}\n", 1},
	    {"''\n", 1},
	    {"%YAML 1.1\n---\na: 1\n", 1},
	    {"\xef\xbb\xbf"
	     "a: 1\n",
		1},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(doc_file) f = {0};
		struct err err = {0};

		cr_assert(
		    doc_parse("x", span_str(rows[i].text), &f, &err).ok, "%zu: %s", i, err.message);
		cr_assert_eq(f.count, rows[i].count, "%zu: %zu", i, f.count);
	}
}

Test(base_doc, json_is_read)
{
	static const char text[] =
	    "{\"a\":\"x\\n\\u00e9\\\"\\\\\\/\",\"b\":[1,-2,true,null,\"null\"],\n\t\"c\":{\"d\":{}}}";
	AUTO(doc_file) f = {0};
	struct err err = {0};
	const struct doc_node *b;

	cr_assert(doc_parse("x.json", SPAN_LITERAL(text), &f, &err).ok, "%s", err.message);
	cr_assert_str_eq(doc_get(f.documents[0], "a")->text, "x\n\xc3\xa9\"\\/");
	b = doc_get(f.documents[0], "b")->child;
	cr_assert_str_eq(b->text, "1");
	cr_assert_str_eq(b->next->text, "-2");
	cr_assert_not(b->next->next->next->quoted);
	cr_assert(b->next->next->next->next->quoted);
	cr_assert_eq(doc_get(f.documents[0], "c")->line, 2);
}

/* RFC 8259 section 7: a character outside the first plane is "a 12-character sequence, encoding the
 * UTF-16 surrogate pair". */
Test(base_doc, json_surrogate_pairs_are_read)
{
	AUTO(doc_file) f = {0};
	struct err err = {0};

	cr_assert(doc_parse("x", SPAN_LITERAL("{\"a\":\"\\ud83d\\uDD11.\\\\ud83d\"}"), &f, &err).ok,
	    "%s", err.message);
	cr_assert_str_eq(doc_get(f.documents[0], "a")->text, "\xf0\x9f\x94\x91.\\ud83d");
}

Test(base_doc, what_is_not_ours_is_refused_with_its_line)
{
	static const struct {
		const char *defect;
		struct span text;
		const char *want;
	} rows[] = {
	    {"anchor", SPAN_LITERAL("a: 1\nb: &x 2\n"), "policy.yaml:2: anchors"},
	    {"anchor on a map", SPAN_LITERAL("b: &x {c: 2}\n"), "policy.yaml:1: anchors"},
	    {"anchor on a list", SPAN_LITERAL("b: &x [c]\n"), "policy.yaml:1: anchors"},
	    {"anchor on a key", SPAN_LITERAL("&x b: 1\n"), "policy.yaml:1: anchors"},
	    {"alias", SPAN_LITERAL("a: 1\nb: *x\n"), "policy.yaml:2: aliases"},
	    {"alias as a key", SPAN_LITERAL("*x : 1\n"), "policy.yaml:1: a member's name"},
	    {"tag", SPAN_LITERAL("a: !!binary aGk=\n"), "policy.yaml:1: tags"},
	    {"tag of none", SPAN_LITERAL("a: ! x\n"), "policy.yaml:1: tags"},
	    {"tag on a list", SPAN_LITERAL("a:\n  !x [1]\n"), "policy.yaml:2: tags"},
	    {"tag on a map", SPAN_LITERAL("!!map {a: 1}\n"), "policy.yaml:1: tags"},
	    {"tag directive", SPAN_LITERAL("%TAG ! x:\n---\na: 1\n"), "policy.yaml:1: tags"},
	    {"map as a key", SPAN_LITERAL("a: 1\n? {b: 1}\n: 2\n"),
		"policy.yaml:2: a member's name"},
	    {"list as a key", SPAN_LITERAL("[b]: 2\n"), "policy.yaml:1: a member's name"},
	    {"twice", SPAN_LITERAL("a: 1\nb: 2\na: 3\n"),
		"policy.yaml:3: member 'a' stands here twice"},
	    {"twice in json", SPAN_LITERAL("{\"a\":1,\"\\u0061\":2}"),
		"policy.yaml:1: member 'a' stands here twice"},
	    {"NUL in a value", SPAN_LITERAL("a: \"x\\0y\"\n"), "policy.yaml:1: a NUL"},
	    {"NUL in a key", SPAN_LITERAL("\"x\\0y\": 1\n"), "policy.yaml:1: a NUL"},
	    {"NUL in the text", SPAN_LITERAL("a: 1\nb: x\0y\n"), "policy.yaml:2: "},
	    {"tab as indentation", SPAN_LITERAL("a:\n\tb: 1\n"), "policy.yaml:2: "},
	    {"latin 1", SPAN_LITERAL("a: 1\nb: Z\xfcrich\n"), "policy.yaml:2: "},
	    {"overlong", SPAN_LITERAL("a: \xc0\xaf\n"), "policy.yaml:1: "},
	    {"surrogate in utf-8", SPAN_LITERAL("a: \xed\xa0\x80\n"), "policy.yaml:1: "},
	    {"cut utf-8", SPAN_LITERAL("a: \xe2\x82"), "policy.yaml:1: "},
	    {"utf-16",
		SPAN_LITERAL("\xff\xfe"
			     "a\0:\0 \0b\0"),
		"policy.yaml:1: "},
	    {"control character", SPAN_LITERAL("a: \x1b[2J\n"), "policy.yaml:1: "},
	    {"lone surrogate escape", SPAN_LITERAL("a: \"\\ud83d\"\n"), "policy.yaml:1: "},
	    {"open quote", SPAN_LITERAL("a: 'x\n"), "policy.yaml:"},
	    {"open map", SPAN_LITERAL("{a: 1\n"), "policy.yaml:"},
	    {"open list", SPAN_LITERAL("a: [1, 2\n"), "policy.yaml:"},
	    {"two roots", SPAN_LITERAL("a: 1\n}\n"), "policy.yaml:2: "},
	    {"bad indentation", SPAN_LITERAL("a:\n   b: 1\n  c: 2\n"), "policy.yaml:3: "},
	    {"second document is broken", SPAN_LITERAL("a: 1\n---\nb: [\n"), "policy.yaml:"},
	    {"version of tomorrow", SPAN_LITERAL("%YAML 2.0\n---\na: 1\n"), "policy.yaml:1: "},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *message = refusal_of(rows[i].text);

		cr_assert_eq(strncmp(message, rows[i].want, strlen(rows[i].want)), 0, "%s: '%s'",
		    rows[i].defect, message);
	}
}

static void put_nested(struct buf *out, int depth, const char *open, const char *close)
{
	for (int i = 0; i < depth; i++)
		buf_put_str(out, open);
	for (int i = 0; i < depth; i++)
		buf_put_str(out, close);
}

Test(base_doc, depth_is_bounded)
{
	AUTO(buf) most = {0};
	AUTO(buf) more = {0};
	AUTO(buf) maps = {0};
	AUTO(buf) much = {0};

	put_nested(&most, DOC_DEPTH_MAX, "[", "]");
	put_nested(&more, DOC_DEPTH_MAX + 1, "[", "]");
	put_nested(&maps, DOC_DEPTH_MAX + 1, "{a: ", "}");
	put_nested(&much, 200000, "[", "]");
	cr_assert_str_eq(refusal_of(buf_span(&most)), "");
	cr_assert_str_eq(refusal_of(buf_span(&more)), "policy.yaml:1: nested too deep");
	cr_assert_str_eq(refusal_of(buf_span(&maps)), "policy.yaml:1: nested too deep");
	cr_assert_str_eq(refusal_of(buf_span(&much)), "policy.yaml:1: nested too deep");
}

Test(base_doc, nodes_are_bounded)
{
	AUTO(buf) text = {0};

	buf_put_byte(&text, '[');
	for (int i = 0; i < DOC_NODES_MAX; i++)
		buf_put_str(&text, "1,");
	buf_put_byte(&text, ']');
	cr_assert_str_eq(refusal_of(buf_span(&text)), "policy.yaml:1: too many values in one file");
}

Test(base_doc, size_is_bounded)
{
	/* Refused by its length, before a byte is looked at. */
	const char *message = refusal_of(span("", DOC_SIZE_MAX + 1));

	cr_assert_eq(strncmp(message, "policy.yaml: over ", 18), 0, "%s", message);
}

Test(base_doc, twins_are_found_among_many)
{
	AUTO(buf) text = {0};

	for (int i = 0; i < 100000; i++)
		buf_printf(&text, "m%d: 1\n", i);
	cr_assert_str_eq(refusal_of(buf_span(&text)), "");
	buf_put_str(&text, "m4711: 2\n");
	cr_assert_str_eq(
	    refusal_of(buf_span(&text)), "policy.yaml:100001: member 'm4711' stands here twice");
}

Test(base_doc, failure_is_placed)
{
	struct doc_node node = {.line = 14};
	struct err at = {0}, nowhere = {0};

	cr_assert_not(doc_fail("policy.yaml", &node, &at, "member '%s'", "x").ok);
	cr_assert_eq(at.kind, ERR_CONFIG);
	cr_assert_str_eq(at.message, "policy.yaml:14: member 'x'");
	cr_assert_not(doc_fail("policy.yaml", NULL, &nowhere, "no documents").ok);
	cr_assert_str_eq(nowhere.message, "policy.yaml: no documents");
	doc_free(NULL);
}
