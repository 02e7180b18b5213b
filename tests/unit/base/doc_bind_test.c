/* Tables: every type, bounds, messages, and the way back. */
#include "base/doc.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct address {
	char *host;
	int64_t port;
};

struct sample {
	char *name, *note, *fixed;
	struct str_list words, usual;
	int64_t count, size, offset;
	int64_t life, grace;
	bool on, off;
	int pop, style;
	uint32_t usage, standard_usage;
	struct address home, away;
	struct map_list peers;
};

static const char *const pops[] = {"required", "optional", "off", NULL};
static const char *const usages[] = {"sign", "agree", "encipher", NULL};

#define AT(member)      .offset = offsetof(struct sample, member)
#define ADDRESS(member) .offset = offsetof(struct address, member)

static const struct field address_fields[] = {
    {.name = "host", .type = FIELD_STR, ADDRESS(host), .required = true},
    {.name = "port", .type = FIELD_INT, ADDRESS(port), .standard = "443", .min = 1, .max = 65535},
    {.name = NULL},
};

static const struct field fields[] = {
    {.name = "name",
	.type = FIELD_STR,
	AT(name),
	.required = true,
	.min = 1,
	.max = 8,
	.help = "how it is called"},
    {.name = "note", .type = FIELD_STR, AT(note)},
    {.name = "fixed", .type = FIELD_STR, AT(fixed), .standard = "as ever"},
    {.name = "words", .type = FIELD_STR_LIST, AT(words), .max = 3},
    {.name = "usual", .type = FIELD_STR_LIST, AT(usual), .standard = "one, two"},
    {.name = "count", .type = FIELD_INT, AT(count), .min = 1, .max = 100, .standard = "7"},
    {.name = "size", .type = FIELD_INT, AT(size)},
    {.name = "offset", .type = FIELD_INT, AT(offset), .min = -10, .max = 10},
    {.name = "life",
	.type = FIELD_SECONDS,
	AT(life),
	.min = 60,
	.max = 366 * 86400,
	.standard = "1y"},
    {.name = "grace", .type = FIELD_SECONDS, AT(grace)},
    {.name = "on", .type = FIELD_BOOL, AT(on), .standard = "true"},
    {.name = "off", .type = FIELD_BOOL, AT(off)},
    {.name = "pop", .type = FIELD_ENUM, AT(pop), .names = pops},
    {.name = "style", .type = FIELD_ENUM, AT(style), .names = pops, .standard = "off"},
    {.name = "usage", .type = FIELD_FLAGS, AT(usage), .names = usages},
    {.name = "standard_usage",
	.type = FIELD_FLAGS,
	AT(standard_usage),
	.names = usages,
	.standard = "sign, encipher"},
    {.name = "home", .type = FIELD_MAP, AT(home), .sub = address_fields},
    {.name = "away", .type = FIELD_MAP, AT(away), .sub = address_fields},
    {.name = "peers",
	.type = FIELD_MAP_LIST,
	AT(peers),
	.sub = address_fields,
	.sub_size = sizeof(struct address),
	.max = 2},
    {.name = NULL},
};

/* Bind one document; NULL: fine, else the message. */
static const char *bind(const char *text, struct sample *s, struct arena *arena)
{
	static struct err err;
	AUTO(doc_file) f = {0};

	err_clear(&err);
	memset(s, 0, sizeof(*s));
	cr_assert(doc_parse("policy.yaml", span_str(text), &f, &err).ok, "%s", err.message);
	cr_assert_eq(f.count, 1);
	if (doc_bind("policy.yaml", f.documents[0], fields, s, arena, &err).ok)
		return NULL;
	cr_assert_eq(err.kind, ERR_CONFIG);
	return err.message;
}

Test(base_doc_bind, every_type_is_bound)
{
	static const char text[] = "name: factory\n"
				   "note: 'null'\n"
				   "words: [a, '1', \"\"]\n"
				   "count: 42\n"
				   "size: 64k\n"
				   "offset: -10\n"
				   "life: 12h\n"
				   "grace: 90\n"
				   "on: false\n"
				   "off: true\n"
				   "pop: optional\n"
				   "usage: [encipher, sign]\n"
				   "home: {host: h, port: 1}\n"
				   "peers:\n"
				   "  - host: p\n"
				   "  - {host: q, port: 65535}\n";
	AUTO(arena) arena = {0};
	struct sample s;
	const char *why = bind(text, &s, &arena);
	const struct address *peers = s.peers.items;

	cr_assert_null(why, "%s", why);
	cr_assert_str_eq(s.name, "factory");
	cr_assert_str_eq(s.note, "null");
	cr_assert_eq(s.words.count, 3);
	cr_assert_str_eq(s.words.items[1], "1");
	cr_assert_str_eq(s.words.items[2], "");
	cr_assert_eq(s.count, 42);
	cr_assert_eq(s.size, 65536);
	cr_assert_eq(s.offset, -10);
	cr_assert_eq(s.life, 43200);
	cr_assert_eq(s.grace, 90);
	cr_assert(!s.on && s.off);
	cr_assert_eq(s.pop, 1);
	cr_assert_eq(s.usage, 1u << 0 | 1u << 2);
	cr_assert_str_eq(s.home.host, "h");
	cr_assert_eq(s.home.port, 1);
	cr_assert_eq(s.peers.count, 2);
	cr_assert_str_eq(peers[0].host, "p");
	cr_assert_eq(peers[0].port, 443);
	cr_assert_eq(peers[1].port, 65535);
}

Test(base_doc_bind, absent_members_have_their_standard)
{
	/* Nothing, null and an empty value are all absent. */
	static const char *const rows[] = {"name: x\n",
	    "name: x\nnote:\nfixed: ~\ncount: null\nusual: NULL\nstandard_usage: Null\naway: null\n"
	    "home:\npeers:\nwords: null\nlife:\non:\npop:\nstyle: ~\n"};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(arena) arena = {0};
		struct sample s;
		const char *why = bind(rows[i], &s, &arena);

		cr_assert_null(why, "%s", why);
		cr_assert_null(s.note);
		cr_assert_str_eq(s.fixed, "as ever");
		cr_assert_eq(s.words.count, 0);
		cr_assert_eq(s.usual.count, 2);
		cr_assert_str_eq(s.usual.items[1], "two");
		cr_assert_eq(s.count, 7);
		cr_assert_eq(s.size, 0);
		cr_assert_eq(s.life, 365 * 86400);
		cr_assert(s.on && !s.off);
		cr_assert_eq(s.pop, 0);
		cr_assert_eq(s.style, 2);
		cr_assert_eq(s.usage, 0);
		cr_assert_eq(s.standard_usage, 1u << 0 | 1u << 2);
		/* An absent map: its members' standards, and none of them is demanded. */
		cr_assert_null(s.home.host);
		cr_assert_eq(s.home.port, 443);
		cr_assert_eq(s.peers.count, 0);
	}
}

Test(base_doc_bind, numbers_and_time_spans)
{
	static const struct {
		const char *text;
		int64_t size, grace; /* -1: refused */
	} rows[] = {
	    {"0", 0, 0},
	    {"1", 1, 1},
	    {"64k", 65536, -1},
	    {"2M", 2 << 20, -1},
	    {"1G", 1 << 30, -1},
	    {"8589934591G", INT64_C(8589934591) << 30, -1},
	    {"8589934592G", -1, -1},
	    {"9223372036854775807", INT64_MAX, INT64_MAX},
	    {"9223372036854775808", -1, -1},
	    {"99999999999999999999", -1, -1},
	    {"90s", -1, 90},
	    {"15m", -1, 900},
	    {"12h", -1, 43200},
	    {"30d", -1, 2592000},
	    {"52w", -1, 31449600},
	    {"10y", -1, INT64_C(315360000)},
	    {"9223372036854775807y", -1, -1},
	    {"1h30m", -1, -1},
	    {"1 h", -1, -1},
	    {"h", -1, -1},
	    {"-1", -1, -1},
	    {"+1", -1, -1},
	    {"010", -1, -1},
	    {"00", -1, -1},
	    {"0x10", -1, -1},
	    {"1.5", -1, -1},
	    {"1e3", -1, -1},
	    {"1_000", -1, -1},
	    {"64K", -1, -1},
	    {"1kk", -1, -1},
	    {"ten", -1, -1},
	    {"-", -1, -1},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(arena) arena = {0};
		AUTO(buf) size = {0};
		AUTO(buf) grace = {0};
		struct sample s;

		buf_printf(&size, "{name: x, size: %s}\n", rows[i].text);
		buf_printf(&grace, "{name: x, grace: %s}\n", rows[i].text);
		cr_assert_eq(bind(buf_cstr(&size), &s, &arena) == NULL, rows[i].size >= 0, "%s",
		    rows[i].text);
		if (rows[i].size >= 0)
			cr_assert_eq(s.size, rows[i].size, "%s", rows[i].text);
		cr_assert_eq(bind(buf_cstr(&grace), &s, &arena) == NULL, rows[i].grace >= 0, "%s",
		    rows[i].text);
		if (rows[i].grace >= 0)
			cr_assert_eq(s.grace, rows[i].grace, "%s", rows[i].text);
	}
}

/* Messages are what a person has to go by: whole, with the member, the value and what is allowed.
 */
Test(base_doc_bind, refusals_teach)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"note: x\n", "policy.yaml:1: member 'name': is missing (how it is called)"},
	    {"name:\n", "policy.yaml:1: member 'name': is missing (how it is called)"},
	    {"name: ''\n", "policy.yaml:1: member 'name': 0 characters, at least 1 are wanted"},
	    {"name: ninechars\n",
		"policy.yaml:1: label 'ninechars': member 'name': 9 characters, at most 8 are allowed"},
	    {"- name\n", "policy.yaml:1: a map of members is wanted, not a list"},
	    {"name\n", "policy.yaml:1: a map of members is wanted, not a single value"},
	    {"name: x\npop: maybe\n",
		"policy.yaml:2: label 'x': member 'pop': 'maybe' is not one of "
		"required, optional, off"},
	    {"name: x\n\npopp: off\n",
		"policy.yaml:3: label 'x': member 'popp': no such member; did you mean 'pop'?"},
	    {"name: x\nstandard-usage: []\n",
		"policy.yaml:2: label 'x': member 'standard-usage': no "
		"such member; did you mean 'standard_usage'?"},
	    {"name: x\nhome: {colour: red}\n",
		"policy.yaml:2: label 'x': member 'home.colour': no such member; there are host, port"},
	    {"name: x\nhome: {}\n", "policy.yaml:2: label 'x': member 'home.host': is missing"},
	    {"name: x\nhome: h\n", "policy.yaml:2: label 'x': member 'home': a map of members is "
				   "wanted, not a single value"},
	    {"name: x\nhome: {host: h, port: 0}\n",
		"policy.yaml:2: label 'x': member 'home.port': '0' is not within 1 to 65535"},
	    {"name: x\npeers:\n- host: a\n- host: b\n  port: 70000\n",
		"policy.yaml:5: label 'x': member 'peers[1].port': '70000' is not within 1 to 65535"},
	    {"name: x\npeers: [{host: a}, {host: b}, {host: c}]\n",
		"policy.yaml:2: label 'x': member 'peers': 3 items, at most 2 are allowed"},
	    {"name: x\npeers: {host: a}\n",
		"policy.yaml:2: label 'x': member 'peers': a list of maps is wanted, not a map"},
	    {"name: x\nwords: a\n",
		"policy.yaml:2: label 'x': member 'words': a list is wanted, not a single value"},
	    {"name: x\nwords: [a, b, c, d]\n",
		"policy.yaml:2: label 'x': member 'words': 4 items, at most 3 are allowed"},
	    {"name: x\nwords:\n- a\n-\n", "policy.yaml:4: label 'x': member 'words[1]': is empty"},
	    {"name: x\nwords: [[a]]\n",
		"policy.yaml:2: label 'x': member 'words[0]': text is wanted, not a list"},
	    {"name: x\ncount: '7'\n",
		"policy.yaml:2: label 'x': member 'count': a number is wanted, not text in quotes"},
	    {"name: x\ncount: many\n", "policy.yaml:2: label 'x': member 'count': 'many' is not a "
				       "number such as 10, 64k, 2M or 1G"},
	    {"name: x\nlife: 30s\n",
		"policy.yaml:2: label 'x': member 'life': '30s' is not within 1m to 366d"},
	    {"name: x\nlife: soon\n",
		"policy.yaml:2: label 'x': member 'life': 'soon' is not a time "
		"span such as 90s, 15m, 12h, 30d, 52w or 10y"},
	    {"name: x\non: yes\n",
		"policy.yaml:2: label 'x': member 'on': 'yes' is not one of true, false"},
	    {"name: x\non: 'true'\n", "policy.yaml:2: label 'x': member 'on': true or false is "
				      "wanted, not text in quotes"},
	    {"name: x\nusage: sign\n",
		"policy.yaml:2: label 'x': member 'usage': a list of names is wanted, not a single value"},
	    {"name: x\nusage: [sign, sing]\n",
		"policy.yaml:2: label 'x': member 'usage[1]': 'sing' "
		"is not one of sign, agree, encipher"},
	    {"name: x\nusage: [sign, sign]\n",
		"policy.yaml:2: label 'x': member 'usage[1]': 'sign' stands here twice"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(arena) arena = {0};
		AUTO(doc_file) f = {0};
		struct sample s = {0};
		struct err err = {0};
		struct doc_node *root;

		cr_assert(doc_parse("policy.yaml", span_str(rows[i].text), &f, &err).ok, "%s",
		    err.message);
		root = f.documents[0];
		root->key = "label"; /* as where a document is "label: {...}" */
		cr_assert_not(
		    doc_bind("policy.yaml", root, fields, &s, &arena, &err).ok, "%s", rows[i].text);
		cr_assert_str_eq(err.message, rows[i].want);
	}
}

Test(base_doc_bind, kind_and_name_are_the_title_where_they_stand)
{
	AUTO(arena) arena = {0};
	struct sample s;

	cr_assert_str_eq(bind("kind: label\nname: factory\n", &s, &arena),
	    "policy.yaml:1: label 'factory': member 'kind': no such member; there are name, note, "
	    "fixed, words, usual, count, size, offset, life, grace, on, off, pop, style, usage, "
	    "standard_usage, home, away, peers");
}

Test(base_doc_bind, texts_have_a_bound_of_their_own)
{
	AUTO(arena) arena = {0};
	AUTO(buf) text = {0};
	struct sample s;

	buf_put_str(&text, "name: x\nnote: ");
	for (int i = 0; i < 65536; i++)
		buf_put_byte(&text, 'x');
	cr_assert_null(bind(buf_cstr(&text), &s, &arena));
	buf_put_byte(&text, 'x');
	cr_assert_not_null(bind(buf_cstr(&text), &s, &arena));
}

static const char *render(const struct sample *s, struct buf *out)
{
	doc_render(fields, s, out);
	return buf_cstr(out);
}

Test(base_doc_render, canonical_form_is_fixed)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"name: x\n", "{\"name\":\"x\"}"},
	    /* Order is the table's; standards go, zeros where the standard is another stay. */
	    {"off: true\ncount: 7\nname: x\nlife: 365d\nusual: [one, two]\n",
		"{\"name\":\"x\",\"off\":true}"},
	    {"name: x\nusual: []\nstandard_usage: []\non: false\nstyle: required\n",
		"{\"name\":\"x\",\"usual\":[],\"on\":false,\"style\":\"required\",\"standard_usage\":[]}"},
	    {"name: x\nlife: 12h\nsize: 64k\noffset: -3\n",
		"{\"name\":\"x\",\"size\":65536,\"offset\":-3,\"life\":43200}"},
	    {"name: x\nusage: [encipher, sign]\n",
		"{\"name\":\"x\",\"usage\":[\"sign\",\"encipher\"]}"},
	    {"name: x\nhome: {port: 443, host: h}\npeers: [{host: p}]\n",
		"{\"name\":\"x\",\"home\":{\"host\":\"h\"},\"peers\":[{\"host\":\"p\"}]}"},
	    {"name: x\nnote: ''\nfixed: ''\n", "{\"name\":\"x\",\"note\":\"\",\"fixed\":\"\"}"},
	    {"name: 'null'\nnote: \"a\\n\\u0085\\u2028\\x7f\\ue000\\u0001\"\n",
		"{\"name\":\"null\",\"note\":\"a\\n\\u0085\\u2028\\u007f\xee\x80\x80\\u0001\"}"},
	    {"name: x\nwords: ['true', '12', '- a']\n",
		"{\"name\":\"x\",\"words\":[\"true\",\"12\",\"- a\"]}"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(arena) arena = {0};
		AUTO(buf) once = {0};
		AUTO(buf) twice = {0};
		struct sample s;
		const char *why = bind(rows[i].text, &s, &arena);

		cr_assert_null(why, "%s", why);
		cr_assert_str_eq(render(&s, &once), rows[i].want);
		why = bind(buf_cstr(&once), &s, &arena);
		cr_assert_null(why, "%s", why);
		cr_assert_str_eq(render(&s, &twice), buf_cstr(&once));
	}
}

Test(base_doc_render, every_character_comes_back)
{
	for (uint32_t c = 1; c < 0x30000; c++) {
		AUTO(arena) arena = {0};
		AUTO(buf) out = {0};
		struct sample s, back;
		char note[8];
		const char *why;

		if (c >= 0xd800 && c < 0xe000)
			continue;
		if (c < 0x80)
			snprintf(note, sizeof(note), "a%cb", (char)c);
		else if (c < 0x800)
			snprintf(note, sizeof(note), "a%c%cb", (char)(0xc0 | c >> 6),
			    (char)(0x80 | (c & 63)));
		else if (c < 0x10000)
			snprintf(note, sizeof(note), "a%c%c%cb", (char)(0xe0 | c >> 12),
			    (char)(0x80 | (c >> 6 & 63)), (char)(0x80 | (c & 63)));
		else
			snprintf(note, sizeof(note), "a%c%c%c%cb", (char)(0xf0 | c >> 18),
			    (char)(0x80 | (c >> 12 & 63)), (char)(0x80 | (c >> 6 & 63)),
			    (char)(0x80 | (c & 63)));
		if (c > 0x3000 && c < 0xd000 && c % 97)
			continue; /* one in many of a plain crowd */
		if (c > 0x10400 && c % 997)
			continue;
		cr_assert_null(bind("name: x\n", &s, &arena));
		s.note = note;
		why = bind(render(&s, &out), &back, &arena);
		cr_assert_null(why, "U+%04X: %s", c, why);
		cr_assert_str_eq(back.note, note, "U+%04X", c);
	}
}

/* ---- JSON ---- */

static const struct {
	const char *name, *text, *want;
} pointers[] = {
    {"unknown member", "{\"name\":\"a\",\"colour\":1}", "/colour: no such member"},
    {"in a list", "{\"name\":\"a\",\"peers\":[{\"host\":\"h\"},{\"host\":\"h\",\"port\":0}]}",
	"/peers/1/port: '0' is not within 1 to 65535"},
    {"missing", "{}", "/name: is missing"},
    {"number for text", "{\"name\":7}", "/name: text is wanted, not 7"},
    {"number in a list of texts", "{\"name\":\"a\",\"words\":[\"x\",7]}",
	"/words/1: text is wanted"},
    {"escapes", "{\"name\":\"a\",\"a/b~c\":1}", "/a~1b~0c: no such member"},
};

Test(base_doc, json_names_the_place_as_a_pointer)
{
	for (size_t i = 0; i < COUNT(pointers); i++) {
		AUTO(doc_file) f = {0};
		AUTO(arena) arena = {0};
		struct sample s = {0};
		struct err err = {0};

		cr_assert(
		    doc_parse("x", span_str(pointers[i].text), &f, &err).ok, "%s", err.message);
		cr_expect_not(doc_bind_json(f.documents[0], fields, &s, &arena, &err).ok, "%s",
		    pointers[i].name);
		cr_expect_eq(err.kind, ERR_INPUT);
		cr_expect(strncmp(err.message, pointers[i].want, strlen(pointers[i].want)) == 0,
		    "%s: %s", pointers[i].name, err.message);
	}
}

struct moment {
	int64_t at;
};
static const struct field moment_fields[] = {
    {.name = "at", .type = FIELD_TIME, .offset = offsetof(struct moment, at)}, {.name = NULL}};

Test(base_doc, times_are_read_and_written_back)
{
	static const char good[] = "{\"at\":\"2027-01-01T00:00:00Z\"}";
	AUTO(doc_file) f = {0};
	AUTO(doc_file) bad = {0};
	AUTO(arena) arena = {0};
	AUTO(buf) out = {0};
	struct moment m = {0};
	struct err err = {0};

	cr_assert(doc_parse("x", span_str(good), &f, &err).ok);
	cr_assert(
	    doc_bind_json(f.documents[0], moment_fields, &m, &arena, &err).ok, "%s", err.message);
	cr_expect_eq(m.at, 1798761600);
	doc_render(moment_fields, &m, &out);
	cr_expect_str_eq(buf_cstr(&out), good);
	cr_assert(doc_parse("x", SPAN_LITERAL("{\"at\":\"tomorrow\"}"), &bad, &err).ok);
	cr_expect_not(doc_bind_json(bad.documents[0], moment_fields, &m, &arena, &err).ok);
	cr_expect_str_eq(err.message, "/at: 'tomorrow' is not a time such as 2027-01-01T00:00:00Z");
}
