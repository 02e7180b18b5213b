/* clients/operator/apply.c: signet apply: policy documents from a file to the server. */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/file.h"
#include "base/json.h"
#include "clients/operator/handlers.h"
#include "clients/operator/reason.h"
#include "clients/operator/show.h"
#include "clients/operator/value.h"

#define DOCUMENTS_MAX ((size_t)8 << 20) /* policy; long lists of devices are for device import */
#define INLINED_MAX   ((size_t)256 << 10)

/*
 * Members that name a file beside the document. The server must not read files of its own for
 * somebody else: they are read here, and sent as the member that holds the text itself.
 */
static const struct {
	const char *member, *instead;
} file_members[] = {
    {"certificate_file", "certificate"},
    {"crl_file", "crl"},
    {"jwks_file", "jwks"},
};

/* ---- reading ---- */

static struct status read_stream(FILE *in, struct buf *out, struct err *err)
{
	char part[4096];
	size_t n;

	while ((n = fread(part, 1, sizeof(part), in)) > 0) {
		buf_put(out, span(part, n));
		if (out->n > DOCUMENTS_MAX)
			return err_refuse(
			    err, WHY(FILE), "standard input is over %zu MiB", DOCUMENTS_MAX >> 20);
	}
	return ferror(in) ? err_refuse(err, WHY(FILE), "standard input cannot be read") : STATUS_OK;
}

static struct status read_documents(
    const struct call *c, const char *file, struct buf *out, struct err *err)
{
	struct err why = {0};

	if (strcmp(file, "-") == 0)
		return read_stream(c->in, out, err);
	if (!file_read(file, DOCUMENTS_MAX, out, &why).ok)
		return err_refuse(err, WHY(FILE), "%s", why.message);
	return STATUS_OK;
}

/* ---- files that documents name ---- */

static struct status read_beside(
    const char *file, const char *name, struct buf *out, struct err *err)
{
	AUTO(buf) path = {0};
	struct err why = {0};
	char *copy = mem_strdup(file);

	if (*name != '/' && strcmp(file, "-") != 0)
		buf_printf(&path, "%s/", dirname(copy));
	buf_put_str(&path, name);
	free(copy);
	if (!file_read(buf_cstr(&path), INLINED_MAX, out, &why).ok)
		return err_refuse(err, WHY(FILE), "%s", why.message);
	return STATUS_OK;
}

/* The `number`th line of text, from 1, without its newline. */
static struct span line_of(struct span text, int number)
{
	const uint8_t *end;

	while (--number > 0 && (end = memchr(text.p, '\n', text.n))) {
		text.n -= (size_t)(end + 1 - text.p);
		text.p = end + 1;
	}
	end = memchr(text.p, '\n', text.n);
	return end ? span(text.p, (size_t)(end - text.p)) : text;
}

/*
 * Replace "MEMBER: NAME" on its line by "INSTEAD: TEXT", so that all else keeps its line and the
 * server's messages fit the file.
 */
static struct status inline_file(
    const char *file, const struct doc_node *node, size_t row, struct buf *text, struct err *err)
{
	const char *member = file_members[row].member;
	struct span line = line_of(buf_span(text), node->line);
	const uint8_t *at = memmem(line.p, line.n, member, strlen(member));
	const uint8_t *value =
	    at ? memmem(at, (size_t)(line.p + line.n - at), node->text, strlen(node->text)) : NULL;
	AUTO(buf) content = {0}, whole = {0};
	size_t end;

	if (!value)
		return err_refuse(err, WHY(FILE_LINE),
		    "%s:%d: %s and the name must stand on one line", file, node->line, member);
	TRY(read_beside(file, node->text, &content, err));
	end = (size_t)(value - text->p) + strlen(node->text);
	if (node->quoted)
		end++;
	buf_put(&whole, span(text->p, (size_t)(at - text->p)));
	buf_printf(&whole, "%s: ", file_members[row].instead);
	json_quote(&whole, buf_span(&content));
	buf_put(&whole, span(text->p + end, text->n - end));
	buf_free(text);
	*text = buf_take(&whole);
	return STATUS_OK;
}

static struct status inline_files(const char *file, struct buf *text, struct err *err)
{
	AUTO(doc_file) documents = {0};

	TRY(doc_parse(file, buf_span(text), &documents, err));
	for (size_t i = 0; i < documents.count; i++)
		for (size_t k = 0; k < COUNT(file_members); k++) {
			const struct doc_node *n =
			    doc_get(documents.documents[i], file_members[k].member);

			if (n && n->text)
				TRY(inline_file(file, n, k, text, err));
		}
	return STATUS_OK;
}

/* ---- what came of it ---- */

static enum style effect_style(const char *effect)
{
	if (strcmp(effect, "created") == 0)
		return STYLE_GREEN;
	return strcmp(effect, "removed") == 0 ? STYLE_RED : STYLE_YELLOW;
}

static void print_change(const struct call *c, const json_t *change)
{
	AUTO(buf) line = {0};
	const char *effect = value_text(change, "effect");

	screen_put(&c->out, effect_style(effect), effect);
	screen_printf(&c->out, "%*s", (int)(strlen(effect) < 9 ? 9 - strlen(effect) : 1), "");
	value_put(value_at(change, "kind"), &line);
	buf_put_byte(&line, ' ');
	value_put(value_at(change, "name"), &line);
	screen_put(&c->out, STYLE_BOLD, buf_cstr(&line));
	screen_printf(&c->out, "\n");
	/* Of what was just made, people have the file before them. */
	if (call_has(c, OPT_DRY_RUN) || strcmp(effect, "created") != 0)
		show_difference(&c->out, value_at(change, "difference"), 4);
}

static void print_changes(const struct call *c, const json_t *answer)
{
	size_t i, unchanged = 0, changed = 0;
	json_t *change;

	json_array_foreach((json_t *)(uintptr_t)value_at(answer, "changes"), i, change)
	{
		const char *effect = value_text(change, "effect");

		if (!effect || strcmp(effect, "unchanged") == 0) {
			unchanged++;
			continue;
		}
		print_change(c, change);
		changed++;
	}
	call_note(c, "%s%zu changed, %zu unchanged; policy version %lld",
	    call_has(c, OPT_DRY_RUN) ? "dry run: " : "", changed, unchanged,
	    (long long)value_int(answer, "version", 0));
}

static void print_approvals(const struct call *c, const json_t *approvals)
{
	size_t i;
	json_t *a;

	json_array_foreach((json_t *)(uintptr_t)approvals, i, a)
	{
		AUTO(buf) line = {0}, safe = {0};

		buf_printf(&line, "needs %lld approval(s) with role ",
		    (long long)value_int(a, "approvals", 0));
		value_put(value_at(a, "role"), &line);
		buf_put_str(&line, " for ");
		value_put(value_at(a, "act"), &line);
		buf_put_str(&line, " (policy ");
		value_put(value_at(a, "policy"), &line);
		buf_put_str(&line, ")");
		text_put(&safe, buf_span(&line));
		screen_put(&c->out, STYLE_YELLOW, buf_cstr(&safe));
		screen_printf(&c->out, "\n");
	}
}

static bool is_json_file(const char *file)
{
	size_t n = strlen(file);

	return n > 5 && strcmp(file + n - 5, ".json") == 0;
}

int cmd_apply(struct call *c)
{
	AUTO(buf) text = {0};
	AUTO(client_reply) reply = {0};
	const char *file = c->values[OPT_FILE];
	struct err err = {0};
	int code;

	if (!file)
		return call_usage(c, "needs -f FILE, or -f - for standard input");
	if (!read_documents(c, file, &text, &err).ok || !inline_files(file, &text, &err).ok)
		return call_failed(c, &err);
	code = call_api(c,
	    &(struct client_request){.method = "POST",
		.path = call_has(c, OPT_DRY_RUN) ? "/apply?dry_run=true" : "/apply",
		.name = file,
		.type = is_json_file(file) ? "application/json" : "application/yaml",
		.body = buf_span(&text)},
	    &reply);
	if (code != EXIT_DONE || reply.status == 202)
		return code;
	if (call_has(c, OPT_JSON)) {
		call_print_json(c, reply.json);
		return EXIT_DONE;
	}
	print_changes(c, reply.json);
	print_approvals(c, value_at(reply.json, "approvals"));
	return EXIT_DONE;
}
