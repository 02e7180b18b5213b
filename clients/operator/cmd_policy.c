/* clients/operator/cmd_policy.c: signet get, list, describe, delete, for every kind. */
#include <inttypes.h>
#include <string.h>

#include "clients/operator/handlers.h"
#include "clients/operator/kinds.h"
#include "clients/operator/show.h"
#include "clients/operator/value.h"
#include "clients/operator/yaml.h"

#define RELATED_MAX  20    /* rows of what is related: describe is no list */
#define RELATED_SEEN 10000 /* items looked at, where the API cannot filter */

static const struct kind *kind_of(const struct call *c)
{
	const struct kind *k = kind_find(c->arguments[0]);

	if (!k)
		(void)call_usage(c, "there is no kind '%s'; there is: %s", c->arguments[0],
		    argument_words("KIND"));
	return k;
}

static void item_path(const struct kind *k, const char *name, struct buf *out)
{
	buf_printf(out, "%s/", k->view.path);
	url_segment(out, name);
}

static int get_item(struct call *c, const struct kind *k, struct client_reply *ret_reply)
{
	AUTO(buf) path = {0};

	item_path(k, c->arguments[1], &path);
	return call_get(c, buf_cstr(&path), ret_reply);
}

/* ---- get, list ---- */

/* As it would be applied: kind and name first, then what it says. */
static void print_document(const struct call *c, const struct kind *k, const json_t *item)
{
	AUTO(buf) text = {0};
	const json_t *document = value_at(item, "document");
	const char *key;
	json_t *v;
	json_t *all = json_pack("{s:s}", "kind", k->name);

	if (value_text(item, "name"))
		json_object_set_new(all, "name", json_string(value_text(item, "name")));
	json_object_foreach((json_t *)(uintptr_t)document, key, v)
	{
		if (!json_object_get(all, key))
			json_object_set(all, key, v);
	}
	yaml_put(document ? all : item, 0, &text);
	fwrite(text.p, 1, text.n, c->out.file);
	json_decref(all);
}

int cmd_list(struct call *c)
{
	const struct kind *k = kind_of(c);

	return k ? list_run(c, &k->view, k->view.path) : EXIT_USAGE;
}

int cmd_get(struct call *c)
{
	AUTO(client_reply) reply = {0};
	const struct kind *k = kind_of(c);
	int code;

	if (!k)
		return EXIT_USAGE;
	if (c->argument_count == 1)
		return list_run(c, &k->view, k->view.path);
	code = get_item(c, k, &reply);
	if (code != EXIT_DONE)
		return code;
	if (call_has(c, OPT_JSON))
		call_print_json(c, reply.json);
	else
		print_document(c, k, reply.json);
	return EXIT_DONE;
}

/* ---- describe ---- */

struct gathering {
	const struct relation *relation;
	const char *wanted;
	json_t *found; /* owned */
};

static void gathering_auto(struct gathering *g)
{
	json_decref(g->found);
}

static bool mentions(const json_t *value, const char *wanted)
{
	size_t i;
	json_t *item;

	if (json_is_string(value))
		return strcmp(json_string_value(value), wanted) == 0;
	json_array_foreach((json_t *)(uintptr_t)value, i, item)
	{
		if (json_is_string(item) && strcmp(json_string_value(item), wanted) == 0)
			return true;
	}
	return false;
}

static int gather(void *context, const json_t *item)
{
	struct gathering *g = context;

	if (json_array_size(g->found) < RELATED_MAX &&
	    (g->relation->query || mentions(value_at(item, g->relation->member), g->wanted)))
		json_array_append(g->found, (json_t *)(uintptr_t)item);
	return EXIT_DONE;
}

/* Not being allowed to see what is related is no failure of describe itself. */
static void print_related(
    struct call *c, const struct relation *relation, const char *name, const json_t *item)
{
	const struct kind *k = kind_find(relation->kind);
	AUTO(gathering) g = {.relation = relation, .wanted = name, .found = json_array()};
	AUTO(buf) path = {0};
	struct list_walk walk = {
	    .limit = relation->query ? RELATED_MAX : RELATED_SEEN, .each = gather, .context = &g};
	bool more;

	if (relation->source)
		g.wanted = value_text(item, relation->source);
	if (!g.wanted)
		return;
	buf_put_str(&path, k->view.path);
	if (relation->query)
		url_add(&path, relation->query, g.wanted);
	walk.path = buf_cstr(&path);
	if (list_walk(c, &walk, &more) == EXIT_DONE)
		show_table(&c->out, relation->title, k->view.columns, g.found);
}

int cmd_describe(struct call *c)
{
	AUTO(client_reply) reply = {0};
	const struct kind *k = kind_of(c);
	json_t *all;
	int code;

	if (!k)
		return EXIT_USAGE;
	code = get_item(c, k, &reply);
	if (code != EXIT_DONE)
		return code;
	if (call_has(c, OPT_JSON)) {
		call_print_json(c, reply.json);
		return EXIT_DONE;
	}
	all = show_flattened(k->name, reply.json);
	show_object(&c->out, NULL, all);
	json_decref(all);
	for (const struct relation *r = k->relations; r && r->title; r++)
		print_related(c, r, c->arguments[1], reply.json);
	return EXIT_DONE;
}

/* ---- delete ---- */

static const char *instead_of_delete(const struct kind *k)
{
	static const struct {
		const char *kind, *instead;
	} rows[] = {{"device", "signet device retire"}, {"token", "signet token revoke"},
	    {"authority", "signet authority retire"}, {"request", "signet request withdraw"}};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(k->name, rows[i].kind) == 0)
			return rows[i].instead;
	return "documents of this kind are changed by signet apply";
}

/* What is removed is what was looked at: If-Match carries its version. */
int cmd_delete(struct call *c)
{
	AUTO(client_reply) item = {0}, reply = {0};
	AUTO(buf) path = {0};
	const struct kind *k = kind_of(c);
	int code;

	if (!k)
		return EXIT_USAGE;
	if (!k->removable)
		return call_usage(c, "%s are never removed; %s", k->plural, instead_of_delete(k));
	code = get_item(c, k, &item);
	if (code == EXIT_DONE)
		code = call_ask(c, "delete %s %s?", k->name, c->arguments[1]);
	if (code != EXIT_DONE)
		return code;
	item_path(k, c->arguments[1], &path);
	code = call_api(c,
	    &(struct client_request){.method = "DELETE",
		.path = buf_cstr(&path),
		.etag = item.etag[0] ? item.etag : NULL},
	    &reply);
	if (code != EXIT_DONE || reply.status == 202)
		return code;
	if (call_has(c, OPT_JSON) && reply.json)
		call_print_json(c, reply.json);
	else
		call_note(c, "%s %s is deleted", k->name, c->arguments[1]);
	return EXIT_DONE;
}
