/*
 * clients/operator/import.c: signet device import: any number of devices, streamed in pieces.
 *
 * Each piece of the file is one call that the server carries out whole or not at all. So a failure
 * names the first line that is not done, and --from-line goes on there. What is known already is
 * no failure: a piece whose answer was lost may be sent again.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clients/operator/device.h"
#include "clients/operator/handlers.h"
#include "clients/operator/problem.h"
#include "clients/operator/reason.h"
#include "clients/operator/value.h"

#define PIECE_LINES 4999                /* with the header 5,000 */
#define PIECE_BYTES ((size_t)960 << 10) /* the API takes 1 MiB a call */
#define LINE_MAX_   ((size_t)64 << 10)  /* of one record */

struct import {
	struct call *call;
	const char *name;
	FILE *file;
	bool csv;
	int64_t size; /* octets of the file; 0: not known */
	int64_t done_octets;
	int64_t line;      /* lines read */
	struct buf header; /* of CSV: stands above every piece */
	struct buf piece;
	int64_t lines[PIECE_LINES]; /* the file's number of each record's first line */
	size_t records;
	struct device_count count;
	char *text; /* getline's */
	size_t room;
};

static void import_auto(struct import *m)
{
	if (m->file && m->file != m->call->in)
		fclose(m->file);
	buf_free(&m->header);
	buf_free(&m->piece);
	free(m->text);
}

/* ---- records ---- */

/* A quoted field of CSV may go on over lines (RFC 4180): so long as its quotes are odd. */
static bool is_open(struct span record)
{
	bool open = false;

	for (size_t i = 0; i < record.n; i++)
		open ^= record.p[i] == '"';
	return open;
}

/* Append the next record with its newline. ret_more: there was one. */
static struct status take_record(struct import *m, struct buf *out, bool *ret_more, struct err *err)
{
	size_t start = out->n;
	ssize_t n;

	do {
		n = getline(&m->text, &m->room, m->file);
		if (n < 0)
			break;
		m->line++;
		m->done_octets += n;
		buf_put(out, span(m->text, (size_t)n));
		if (out->n - start > LINE_MAX_)
			return err_refuse(err, WHY(FILE_LINE),
			    "%s:%" PRId64 ": longer than %zu octets", m->name, m->line, LINE_MAX_);
	} while (m->csv && is_open(span(out->p + start, out->n - start)));
	if (n < 0 && ferror(m->file))
		return err_refuse(err, WHY(FILE), "%s cannot be read", m->name);
	if (n < 0 && out->n > start)
		return err_refuse(err, WHY(FILE_LINE),
		    "%s:%" PRId64 ": a quoted field does not end", m->name, m->line);
	if (out->n > start && out->p[out->n - 1] != '\n')
		buf_put_byte(out, '\n');
	*ret_more = out->n > start;
	return STATUS_OK;
}

/* ---- pieces ---- */

/* The file's line for a line of the piece that the server complains of. */
static int64_t file_line(const struct import *m, int64_t line)
{
	int64_t record = line - (m->csv ? 2 : 1);

	if (record < 0)
		return 1; /* the header */
	return record < (int64_t)m->records ? m->lines[record] : m->lines[m->records - 1];
}

static void print_errors(const struct import *m, const json_t *errors)
{
	size_t i;
	json_t *e;

	json_array_foreach((json_t *)(uintptr_t)errors, i, e)
	{
		AUTO(buf) detail = {0}, safe = {0};

		if (i == 20) {
			screen_printf(&m->call->err, "... and more\n");
			break;
		}
		value_put(value_at(e, "detail"), &detail);
		text_put(&safe, buf_span(&detail));
		screen_printf(&m->call->err, "%s:%" PRId64 ": %s\n", m->name,
		    file_line(m, value_int(e, "line", 1)), buf_cstr(&safe));
	}
}

static void print_progress(const struct import *m)
{
	const struct screen *to = &m->call->err;

	if (!to->terminal || call_has(m->call, OPT_JSON))
		return;
	screen_printf(to, "\r%" PRId64 " lines, %" PRId64 " registered, %" PRId64 " known", m->line,
	    m->count.created, m->count.known);
	if (m->size > 0)
		screen_printf(to, " (%d %%)", (int)(100 * m->done_octets / m->size));
	fflush(to->file);
}

static void end_progress(const struct import *m)
{
	if (m->call->err.terminal && !call_has(m->call, OPT_JSON))
		screen_printf(&m->call->err, "\n");
}

static int tell_where(const struct import *m, int code)
{
	end_progress(m);
	if (m->records && m->count.created + m->count.known)
		screen_printf(&m->call->err,
		    "%s: lines before %" PRId64 " are done; go on with --from-line %" PRId64 "\n",
		    m->name, m->lines[0], m->lines[0]);
	return code;
}

static void piece_path(const struct import *m, struct buf *path)
{
	buf_put_str(path, "/devices/import");
	if (m->call->values[OPT_PRODUCT])
		url_add(path, "product", m->call->values[OPT_PRODUCT]);
	if (m->call->values[OPT_BATCH])
		url_add(path, "batch", m->call->values[OPT_BATCH]);
}

static int send_piece(struct import *m)
{
	AUTO(client_reply) reply = {0};
	AUTO(buf) path = {0}, body = {0};
	struct client *client = NULL;
	struct err err = {0};
	struct client_request request = {
	    .method = "POST", .type = m->csv ? "text/csv" : "application/x-ndjson"};

	if (!m->records)
		return EXIT_DONE;
	piece_path(m, &path);
	buf_put(&body, buf_span(&m->header));
	buf_put(&body, buf_span(&m->piece));
	request.path = buf_cstr(&path);
	request.body = buf_span(&body);
	if (!call_client(m->call, &client, &err).ok ||
	    !client_send(client, &request, &reply, &err).ok)
		return tell_where(m, call_failed(m->call, &err));
	if (reply.status >= 300) {
		if (call_has(m->call, OPT_JSON) && reply.json)
			call_print_json(m->call, reply.json);
		print_errors(m, value_at(reply.json, "errors"));
		json_object_del(reply.json, "errors"); /* with the file's lines, above */
		problem_print(&m->call->err, &request, &reply);
		return tell_where(m, EXIT_FAILED);
	}
	if (reply.status == 202) {
		problem_print_request(m->call, reply.json);
		m->count.waits = true;
	}
	m->count.created += value_int(reply.json, "created", 0);
	m->count.known += value_int(reply.json, "known", 0);
	m->records = 0;
	buf_reset(&m->piece);
	print_progress(m);
	return EXIT_DONE;
}

static bool is_blank(struct span record)
{
	return span_trim(record).n == 0;
}

static bool is_full(const struct import *m)
{
	return m->records == PIECE_LINES || m->piece.n + m->header.n + LINE_MAX_ > PIECE_BYTES;
}

static int send_all(struct import *m, int64_t from)
{
	struct err err = {0};
	bool more = true;
	int code = EXIT_DONE;

	while (code == EXIT_DONE) {
		size_t start = m->piece.n;
		int64_t line = m->line + 1;

		if (!take_record(m, &m->piece, &more, &err).ok) {
			m->piece.n = start;
			code = send_piece(m); /* what came before it is good */
			return code == EXIT_DONE ? call_failed(m->call, &err) : code;
		}
		if (!more)
			break;
		if (line < from || is_blank(span(m->piece.p + start, m->piece.n - start))) {
			m->piece.n = start;
			continue;
		}
		m->lines[m->records++] = line;
		if (is_full(m))
			code = send_piece(m);
	}
	return code == EXIT_DONE ? send_piece(m) : code;
}

/* ---- the command ---- */

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

static int choose_format(struct import *m)
{
	const char *format = m->call->values[OPT_FORMAT];

	if (format && strcmp(format, "csv") != 0 && strcmp(format, "ndjson") != 0)
		return call_usage(m->call, "--format is csv or ndjson, not '%s'", format);
	if (!format && !ends_with(m->name, ".csv") && !ends_with(m->name, ".ndjson") &&
	    !ends_with(m->name, ".jsonl"))
		return call_usage(
		    m->call, "what is '%s'? give --format csv or --format ndjson", m->name);
	m->csv = format ? strcmp(format, "csv") == 0 : ends_with(m->name, ".csv");
	return EXIT_DONE;
}

static struct status open_file(struct import *m, struct err *err)
{
	struct stat st;
	bool more;

	m->file = strcmp(m->name, "-") == 0 ? m->call->in : fopen(m->name, "re");
	if (!m->file)
		return err_refuse(err, WHY(FILE), "%s: %s", m->name, strerror(errno));
	if (fileno(m->file) >= 0 && fstat(fileno(m->file), &st) == 0 && S_ISREG(st.st_mode))
		m->size = st.st_size;
	if (!m->csv)
		return STATUS_OK;
	TRY(take_record(m, &m->header, &more, err));
	if (!more)
		return err_refuse(err, WHY(FILE_LINE),
		    "%s: a header is missing: product,serial, or serial alone", m->name);
	return STATUS_OK;
}

int cmd_device_import(struct call *c)
{
	AUTO(import) m = {.call = c, .name = c->arguments[0]};
	int64_t from = 1;
	struct err err = {0};
	int code = choose_format(&m);

	if (code != EXIT_DONE || !call_number(c, OPT_FROM_LINE, 1, INT64_MAX, &from))
		return EXIT_USAGE;
	if (!open_file(&m, &err).ok)
		return call_failed(c, &err);
	code = send_all(&m, from);
	if (code != EXIT_DONE)
		return code;
	end_progress(&m);
	device_print_count(c, &m.count);
	return EXIT_DONE;
}
