/* clients/operator/table.c: see table.h. */
#include "clients/operator/table.h"

#include <stdlib.h>
#include <string.h>

#define GAP        2  /* blanks between columns */
#define ROOM_LEAST 20 /* in less, lines are not broken */

struct table_cell {
	const char *text;
	size_t width;
	enum style style;
};

void table_put(struct table *t, enum style style, struct span text)
{
	AUTO(buf) safe = {0};
	size_t column = t->count % t->columns;
	struct table_cell *cell;

	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		t->cells = mem_grow(t->cells, t->room * sizeof(*t->cells));
	}
	text_put(&safe, text.n ? text : SPAN_LITERAL("-"));
	cell = &t->cells[t->count++];
	cell->text = arena_strdup(&t->arena, buf_cstr(&safe));
	cell->width = text_width(buf_span(&safe));
	cell->style = text.n ? style : STYLE_DIM;
	if (cell->width > t->widths[column])
		t->widths[column] = cell->width;
}

/* Columns before the last one. */
static size_t indent_of(const struct table *t)
{
	size_t indent = 0;

	for (size_t i = 0; i + 1 < t->columns; i++)
		indent += t->widths[i] + GAP;
	return indent;
}

/* In lines that the terminal has room for, broken at blanks. */
static void print_wrapped(
    const struct screen *screen, size_t indent, size_t room, const struct table_cell *cell)
{
	const char *text = cell->text;
	size_t used = 0;

	while (*text) {
		size_t n = strcspn(text, " ") + strspn(text + strcspn(text, " "), " ");
		size_t width = text_width(span(text, n));
		AUTO(buf) word = {0};

		if (used && used + text_width(span(text, strcspn(text, " "))) > room) {
			fprintf(screen->file, "\n%*s", (int)indent, "");
			used = 0;
		}
		buf_put(&word, span(text, n));
		screen_put(screen, cell->style, buf_cstr(&word));
		used += width;
		text += n;
	}
}

/* The last of a line stands without blanks behind it. */
static void print_cell(const struct table *t, const struct screen *screen, size_t column,
    const struct table_cell *cell)
{
	size_t indent = indent_of(t);
	size_t room = screen->columns > indent + ROOM_LEAST ? screen->columns - indent : 0;
	size_t rest = t->widths[column] - cell->width;

	size_t before = t->right[column] ? rest : 0;

	fprintf(screen->file, "%*s", (int)before, "");
	if (column + 1 < t->columns || !room || cell->width <= room)
		screen_put(screen, cell->style, cell->text);
	else
		print_wrapped(screen, indent, room, cell);
	if (column + 1 < t->columns)
		fprintf(screen->file, "%*s", (int)(rest - before + GAP), "");
	else
		fputc('\n', screen->file);
}

static void print_titles(struct table *t, const struct screen *screen)
{
	for (size_t i = 0; i < t->columns; i++) {
		size_t width = text_width(span_str(t->titles[i]));

		if (width > t->widths[i])
			t->widths[i] = width;
	}
	for (size_t i = 0; i < t->columns; i++)
		print_cell(t, screen, i,
		    &(struct table_cell){
			t->titles[i], text_width(span_str(t->titles[i])), STYLE_BOLD});
	t->titled = true;
}

void table_print(struct table *t, const struct screen *screen)
{
	if (t->count && !t->titled)
		print_titles(t, screen);
	for (size_t i = 0; i < t->count; i++)
		print_cell(t, screen, i % t->columns, &t->cells[i]);
	t->count = 0;
	arena_free(&t->arena);
	t->arena = (struct arena){0};
}

void table_free(struct table *t)
{
	free(t->cells);
	arena_free(&t->arena);
	*t = (struct table){0};
}

void fact_put(const struct screen *screen, int width, const char *name, struct span value)
{
	AUTO(buf) left = {0}, safe = {0};
	int rest;

	text_put(&left, span_str(name));
	rest = width - (int)text_width(buf_span(&left));
	text_put_lines(&safe, value, (size_t)width + GAP);
	screen_put(screen, STYLE_BOLD, name);
	fprintf(screen->file, "%*s%s\n", (rest > 0 ? rest : 0) + GAP, "", buf_cstr(&safe));
}
