/* clients/operator/release_view.c: see release_view.h. */
#include "clients/operator/release_view.h"

#include <inttypes.h>

#include "clients/operator/list.h"
#include "clients/operator/show.h"
#include "clients/operator/value.h"

static const struct show_row rows[] = {{"release", "id"}, {"product", "product"},
    {"channel", "channel"}, {"version", "version"}, {"sequence", "sequence"}, {"state", "state"},
    {"request", "request"}, {"supersedes", "supersedes"}, {"made by", "created_by"},
    {"person", "person"}, {"made at", "created_at"}, {"manifest", "manifest_digest"},
    {"class id", "class_id"}, {"sbom", "sbom.format"}, {"sbom sha256", "sbom.digest"}, {0}};
static const struct show_row source_rows[] = {{"issuer", "issuer"}, {"repository", "repository"},
    {"repository id", "repository_id"}, {"ref", "ref"}, {"protected", "ref_protected"},
    {"commit", "commit"}, {"workflow", "workflow"}, {"run", "run"}, {"environment", "environment"},
    {0}};
/* clang-format off */
#define COLUMN(title, path, form, otherwise) {title, path, COLUMN_##form, otherwise}
#define END {NULL, NULL, COLUMN_TEXT, NULL}
/* clang-format on */
static const struct column component_columns[] = {COLUMN("ID", "id", TEXT, NULL),
    COLUMN("SIZE", "size", NUMBER, NULL), COLUMN("SHA-256", "digests.sha256", TEXT, NULL),
    COLUMN("URI", "uri", TEXT, NULL), END};
static const struct column approval_columns[] = {COLUMN("WHO", "approver", TEXT, NULL),
    COLUMN("ROLE", "role", TEXT, NULL), COLUMN("AT", "at", TEXT, NULL), END};
static const struct column wanted_columns[] = {
    COLUMN("ROLE", "role", TEXT, NULL), COLUMN("APPROVALS", "approvals", NUMBER, NULL), END};
static const struct column step_columns[] = {COLUMN("AT", "at", TEXT, NULL),
    COLUMN("STATE", "state", STATE, NULL), COLUMN("BY", "by", TEXT, NULL),
    COLUMN("REQUEST", "request", TEXT, NULL), END};

static void heading(const struct screen *out, const char *text)
{
	screen_printf(out, "\n");
	screen_put(out, STYLE_BOLD, text);
	screen_printf(out, "\n");
}

void release_view_line(const struct screen *out, const json_t *release)
{
	AUTO(buf) line = {0}, safe = {0};

	buf_printf(&line, "release %" PRId64 ": ", value_int(release, "id", 0));
	value_put(value_at(release, "product"), &line);
	buf_put_byte(&line, '/');
	value_put(value_at(release, "channel"), &line);
	buf_put_byte(&line, ' ');
	value_put(value_at(release, "version"), &line);
	buf_printf(&line, ", sequence %" PRId64 ": ", value_int(release, "sequence", 0));
	value_put(value_at(release, "state"), &line);
	if (value_int(release, "request", 0))
		buf_printf(&line, ", request %" PRId64, value_int(release, "request", 0));
	text_put(&safe, buf_span(&line));
	screen_printf(out, "%s\n", buf_cstr(&safe));
}

static void print_notes(const struct screen *out, const char *notes)
{
	AUTO(buf) safe = {0};

	if (!notes)
		return;
	heading(out, "Notes");
	text_put_lines(&safe, span_str(notes), 2);
	screen_printf(out, "  %s\n", buf_cstr(&safe));
}

void release_view_print(const struct screen *out, const json_t *release)
{
	const json_t *source = value_at(release, "provenance");

	show_rows(out, rows, release);
	print_notes(out, value_text(release, "notes"));
	show_table(out, "Components", component_columns, value_at(release, "components"));
	if (json_object_size(source)) {
		heading(out, "Where it was built");
		show_rows(out, source_rows, source);
	}
	show_table(out, "Who approved", approval_columns, value_at(release, "approvals"));
	show_table(out, "Still to approve", wanted_columns, value_at(release, "wanted"));
	show_table(out, "What happened", step_columns, value_at(release, "steps"));
}

void release_view_files(const struct screen *out, const json_t *files)
{
	const char *key;
	json_t *path;

	json_object_foreach((json_t *)(uintptr_t)files, key, path)
	{
		fact_put(out, 9, key, span_str(json_string_value(path)));
	}
}
