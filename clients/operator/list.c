/* clients/operator/list.c: see list.h. */
#include "clients/operator/list.h"

#include <string.h>

#include "clients/operator/handlers.h"
#include "clients/operator/reason.h"
#include "clients/operator/value.h"

#define SHORT_TEXT 12

/* ---- walking ---- */

static int unexpected(const struct call *c, const char *path, const char *why)
{
	struct err err = {0};

	(void)err_refuse(&err, WHY(ANSWER_UNEXPECTED), "%s: %s", path, why);
	return call_failed(c, &err);
}

static void page_url(const struct list_walk *w, int64_t left, const char *after, struct buf *url)
{
	char number[24];

	snprintf(number, sizeof(number), "%d", (int)(left < LIST_PAGE ? left : LIST_PAGE));
	buf_put_str(url, w->path);
	url_add(url, "limit", number);
	if (after)
		url_add(url, "after", after);
}

/* Of one page; how many there were in ret_count. */
static int each_item(
    const struct list_walk *w, const json_t *items, int64_t left, int64_t *ret_count)
{
	size_t i;
	json_t *item;
	int code = EXIT_DONE;

	*ret_count = 0;
	json_array_foreach((json_t *)(uintptr_t)items, i, item)
	{
		if (code != EXIT_DONE || *ret_count == left)
			break;
		code = w->each(w->context, item);
		++*ret_count;
	}
	if (code == EXIT_DONE && w->page)
		code = w->page(w->context);
	return code;
}

int list_walk(struct call *c, const struct list_walk *w, bool *ret_more)
{
	AUTO(buf) after = {0};
	int64_t left = w->limit, count;

	for (;;) {
		AUTO(client_reply) reply = {0};
		AUTO(buf) url = {0};
		const char *next;
		const json_t *items;
		int code;

		page_url(w, left, after.n ? buf_cstr(&after) : NULL, &url);
		code = call_get(c, buf_cstr(&url), &reply);
		if (code != EXIT_DONE)
			return code;
		items = value_at(reply.json, "items");
		next = value_text(reply.json, "next");
		if (!json_is_array(items))
			return unexpected(c, w->path, "the answer is no list");
		code = each_item(w, items, left, &count);
		left -= count;
		*ret_more = next != NULL;
		if (code != EXIT_DONE || !next || left <= 0)
			return code;
		/* A server that never comes to an end must not keep us for ever. */
		if (!count || (after.n && strcmp(buf_cstr(&after), next) == 0))
			return unexpected(c, w->path, "the list does not go on");
		buf_reset(&after);
		buf_put_str(&after, next);
	}
}

/* ---- printing ---- */

struct printing {
	struct call *call;
	const struct list_view *view;
	struct table table;
	int64_t count;
};

static void printing_auto(struct printing *p)
{
	table_free(&p->table);
}

static enum style state_style(struct span text)
{
	static const struct {
		const char *state;
		enum style style;
	} rows[] = {{"issued", STYLE_GREEN}, {"approved", STYLE_GREEN}, {"enrolled", STYLE_GREEN},
	    {"valid", STYLE_GREEN}, {"redeemed", STYLE_GREEN}, {"pending", STYLE_YELLOW},
	    {"open", STYLE_YELLOW}, {"suspended", STYLE_YELLOW}, {"refused", STYLE_RED},
	    {"failed", STYLE_RED}, {"rejected", STYLE_RED}, {"expired", STYLE_RED},
	    {"revoked", STYLE_RED}, {"retired", STYLE_DIM}, {"good", STYLE_GREEN},
	    {"held", STYLE_YELLOW}, {"done", STYLE_GREEN}, {"running", STYLE_YELLOW},
	    {"canceled", STYLE_DIM}, {"current", STYLE_GREEN}, {"ended", STYLE_DIM}};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (span_equal_str(text, rows[i].state))
			return rows[i].style;
	return STYLE_PLAIN;
}

void list_put_titles(struct table *t, const struct column *columns)
{
	for (const struct column *k = columns; k->title; k++) {
		t->right[t->columns] = k->form == COLUMN_NUMBER;
		t->titles[t->columns++] = k->title;
	}
}

static bool is_expired_good(const struct column *column, const json_t *item)
{
	const char *status = value_text(item, column->path);

	return column->form == COLUMN_STATUS && status && strcmp(status, "good") == 0 &&
	       json_is_true(value_at(item, "expired"));
}

void list_put_cell(struct table *t, const struct column *column, const json_t *item)
{
	const bool coloured = column->form == COLUMN_STATE || column->form == COLUMN_STATUS;
	AUTO(buf) text = {0};

	if (is_expired_good(column, item))
		buf_put_str(&text, "expired");
	else
		value_put(value_at(item, column->path), &text);
	if (!text.n && column->otherwise)
		buf_put_str(&text, column->otherwise);
	if (column->form == COLUMN_SHORT && text.n > SHORT_TEXT)
		text.n = SHORT_TEXT;
	table_put(t, coloured ? state_style(buf_span(&text)) : STYLE_PLAIN, buf_span(&text));
}

static int put_row(void *context, const json_t *item)
{
	struct printing *p = context;

	for (const struct column *k = p->view->columns; k->title; k++)
		list_put_cell(&p->table, k, item);
	p->count++;
	return EXIT_DONE;
}

static int put_page(void *context)
{
	struct printing *p = context;

	table_print(&p->table, &p->call->out);
	return EXIT_DONE;
}

static int put_json(void *context, const json_t *item)
{
	struct printing *p = context;
	AUTO(buf) line = {0};

	value_dump_line(item, &line);
	screen_printf(&p->call->out, "%s%s", p->count++ ? ",\n  " : "[\n  ", buf_cstr(&line));
	return EXIT_DONE;
}

bool list_limit(const struct call *c, int64_t *ret_limit)
{
	if (call_has(c, OPT_ALL) && call_has(c, OPT_LIMIT)) {
		(void)call_usage(c, "give --all or --limit, not both");
		return false;
	}
	*ret_limit = call_has(c, OPT_ALL) ? INT64_MAX : LIST_STANDARD;
	return call_number(c, OPT_LIMIT, 1, INT64_MAX, ret_limit);
}

void list_add_filters(const struct call *c, struct buf *url)
{
	for (size_t i = 0; i < OPT_COUNT; i++)
		if (option_rows[i].query_member && c->values[i])
			url_add(url, option_rows[i].query_member, c->values[i]);
}

static int print_json(struct printing *p, struct list_walk *walk)
{
	bool more = false;
	int code;

	walk->each = put_json;
	code = list_walk(p->call, walk, &more);
	if (code == EXIT_DONE)
		screen_printf(&p->call->out, p->count ? "\n]\n" : "[]\n");
	return code;
}

static int print_table(struct printing *p, struct list_walk *walk)
{
	bool more = false;
	int code;

	list_put_titles(&p->table, p->view->columns);
	walk->each = put_row;
	walk->page = put_page;
	code = list_walk(p->call, walk, &more);
	if (code != EXIT_DONE)
		return code;
	if (!p->count)
		call_note(p->call, "none");
	else if (more)
		call_note(p->call, "... and more: --all shows every one, --limit N so many");
	return code;
}

int list_run(struct call *c, const struct list_view *view, const char *path)
{
	AUTO(printing) p = {.call = c, .view = view};
	AUTO(buf) url = {0};
	struct list_walk walk = {.context = &p};

	if (!list_limit(c, &walk.limit))
		return EXIT_USAGE;
	buf_put_str(&url, path);
	list_add_filters(c, &url);
	walk.path = buf_cstr(&url);
	return call_has(c, OPT_JSON) ? print_json(&p, &walk) : print_table(&p, &walk);
}

int cmd_list_view(struct call *c)
{
	return list_run(c, c->command->view, c->command->view->path);
}
