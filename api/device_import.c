/* api/device_import.c: see device_import.h. */
#include "api/device_import.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/body.h"
#include "base/json.h"
#include "base/utf8.h"
#include "ca/reason.h"

struct record {
	char *product, *serial, *batch;
};

/* clang-format off */
static const struct field record_fields[] = {
    {.name = "product", .type = FIELD_STR, .offset = offsetof(struct record, product), .min = 1, .max = 63},
    {.name = "serial", .type = FIELD_STR, .offset = offsetof(struct record, serial), .required = true,
	.min = 1, .max = 64},
    {.name = "batch", .type = FIELD_STR, .offset = offsetof(struct record, batch), .min = 1, .max = 64},
    {.name = NULL},
};
/* clang-format on */

static void fault(struct import *in, int64_t line, const char *format, ...) PRINTF(3, 4);
static void fault(struct import *in, int64_t line, const char *format, ...)
{
	va_list args;

	if (in->fault_count < IMPORT_FAULTS_MAX) {
		struct import_fault *f = &in->faults[in->fault_count];

		f->line = line;
		va_start(args, format);
		vsnprintf(f->detail, sizeof(f->detail), format, args);
		va_end(args);
	}
	in->fault_count++;
}

static void add(struct import *in, int64_t line, const struct record *r)
{
	const char *product = r->product ? r->product : in->product;
	const char *batch = r->batch ? r->batch : in->batch;
	struct json j = {.out = &in->documents};

	if (!product) {
		fault(in, line, "no product");
		return;
	}
	buf_put_str(&in->documents, "--- ");
	json_object_begin(&j, NULL);
	json_str(&j, "kind", "device");
	json_str(&j, "product", product);
	if (batch)
		json_str(&j, "batch", batch);
	json_str(&j, "serial", r->serial);
	json_object_end(&j);
	in->count++;
}

static struct span next_line(struct span *rest)
{
	const uint8_t *end = memchr(rest->p, '\n', rest->n);
	const size_t n = end ? (size_t)(end - rest->p) : rest->n;
	struct span line = span(rest->p, n);

	*rest = end ? span(end + 1, rest->n - n - 1) : SPAN_NONE;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* ---- NDJSON ---- */

static void read_json(struct import *in, int64_t number, struct span line)
{
	AUTO(arena) arena = {0};
	struct record r = {0};
	struct err why = {0};

	if (body_bind(line, record_fields, &r, &arena, &why).ok)
		add(in, number, &r);
	else
		fault(in, number, "%s", why.message);
}

/* ---- CSV ---- */

#define CSV_COLUMNS 8 /* three are used; others are refused by their names */
struct csv {
	int product, serial, batch; /* columns; -1: there is none */
};

/* To the closing quote; two of them stand for one. */
static bool csv_quoted(struct span *line, struct buf *out)
{
	for (size_t i = 1; i < line->n; i++) {
		const bool twice = i + 1 < line->n && line->p[i + 1] == '"';

		if (line->p[i] == '"' && !twice) {
			*line = span(line->p + i + 1, line->n - i - 1);
			return true;
		}
		i += line->p[i] == '"';
		buf_put_byte(out, line->p[i]);
	}
	return false;
}

static bool csv_bare(struct span *line, struct buf *out)
{
	size_t n = 0;

	while (n < line->n && line->p[n] != ',' && line->p[n] != '"')
		n++;
	buf_put(out, span(line->p, n));
	*line = span(line->p + n, line->n - n);
	return line->n == 0 || line->p[0] == ',';
}

/* One field into `out`, the rest of the line behind its comma. False: RFC 4180 is broken. */
static bool csv_field(struct span *line, struct buf *out, bool *ret_more)
{
	const bool quoted = line->n && line->p[0] == '"';

	if (!(quoted ? csv_quoted : csv_bare)(line, out))
		return false;
	*ret_more = line->n > 0;
	if (*ret_more && line->p[0] != ',')
		return false;
	if (*ret_more)
		*line = span(line->p + 1, line->n - 1);
	return true;
}

/* All fields of a line, in the arena; -1: more than CSV_COLUMNS, or not CSV. */
static int csv_split(struct span line, struct arena *arena, char *fields[static CSV_COLUMNS])
{
	bool more = true;
	int n = 0;

	for (; more; n++) {
		AUTO(buf) text = {0};

		if (n == CSV_COLUMNS || !csv_field(&line, &text, &more))
			return -1;
		if (memchr(text.n ? text.p : (const uint8_t *)"", 0, text.n) ||
		    !utf8_valid(buf_span(&text)))
			return -1;
		fields[n] = arena_strdup(arena, buf_cstr(&text));
	}
	return n;
}

static void read_header(struct import *in, int64_t number, struct span line, struct csv *ret_csv)
{
	AUTO(arena) arena = {0};
	char *fields[CSV_COLUMNS] = {0};
	int n = csv_split(line, &arena, fields);

	*ret_csv = (struct csv){-1, -1, -1};
	if (n < 0)
		fault(in, number, "the first line does not name the columns product and serial");
	for (int i = 0; i < n; i++) {
		if (strcmp(fields[i], "product") == 0 && ret_csv->product < 0)
			ret_csv->product = i;
		else if (strcmp(fields[i], "serial") == 0 && ret_csv->serial < 0)
			ret_csv->serial = i;
		else if (strcmp(fields[i], "batch") == 0 && ret_csv->batch < 0)
			ret_csv->batch = i;
		else
			fault(in, number,
			    "column '%.40s' is none of product, serial and batch, or twice",
			    fields[i]);
	}
	if (n >= 0 && ret_csv->serial < 0)
		fault(in, number, "no column is named serial");
}

static void read_csv(struct import *in, const struct csv *csv, int64_t number, struct span line)
{
	AUTO(arena) arena = {0};
	char *fields[CSV_COLUMNS] = {0};
	struct record r = {0};
	int n = csv_split(line, &arena, fields);

	if (n < 0 || csv->serial < 0 || csv->serial >= n || csv->product >= n || csv->batch >= n) {
		fault(in, number, "not the fields that the first line names (RFC 4180)");
		return;
	}
	r.serial = fields[csv->serial];
	if (csv->product >= 0 && fields[csv->product][0])
		r.product = fields[csv->product];
	if (csv->batch >= 0 && fields[csv->batch][0])
		r.batch = fields[csv->batch];
	if (!r.serial[0] || strlen(r.serial) > 64 || (r.product && strlen(r.product) > 63) ||
	    (r.batch && strlen(r.batch) > 64))
		fault(in, number,
		    "a serial number has 1 to 64 characters, a product 1 to 63, a batch 1 to 64");
	else
		add(in, number, &r);
}

/* ---- both ---- */

static bool is_blank(struct span line)
{
	return span_trim(line).n == 0;
}

struct status import_read(struct import *in, struct span text, struct err *err)
{
	struct csv csv = {-1, -1, -1};
	bool header = in->csv;

	/* RFC 4180 knows no byte order mark; spreadsheets write one. */
	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		text = span(text.p + 3, text.n - 3);
	for (int64_t number = 1; text.n > 0 && in->fault_count < IMPORT_FAULTS_MAX; number++) {
		const struct span line = next_line(&text);

		if (!is_blank(line) && header)
			read_header(in, number, line, &csv);
		else if (!is_blank(line) && in->csv)
			read_csv(in, &csv, number, line);
		else if (!is_blank(line))
			read_json(in, number, line);
		buf_put_byte(&in->documents, '\n');
		if (header && !is_blank(line)) {
			header = false;
			if (in->fault_count)
				break; /* nothing that follows could be read */
		}
	}
	if (in->fault_count)
		return REFUSE(err, BODY_RECORDS, "line %lld: %.200s", (long long)in->faults[0].line,
		    in->faults[0].detail);
	if (in->count == 0)
		return REFUSE(err, BODY_RECORDS, "there is no device in it");
	return STATUS_OK;
}
