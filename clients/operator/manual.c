/* clients/operator/manual.c: signet man: manual pages in man(7), written from the tables. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "clients/operator/handlers.h"
#include "clients/operator/help.h"
#include "clients/operator/reason.h"

/* When the words of these pages were last looked at; pages want a date, builds must be the same. */
#define PAGE_DATE "2026-11-25"

/* Text for troff: hyphens that can be copied, no requests by accident. */
static void put(struct buf *out, const char *text)
{
	bool start = !out->n || out->p[out->n - 1] == '\n';

	for (; *text; text++) {
		if (start && (*text == '.' || *text == '\''))
			buf_put_str(out, "\\&");
		if (*text == '\\')
			buf_put_str(out, "\\e");
		else if (*text == '-')
			buf_put_str(out, "\\-");
		else
			buf_put_byte(out, (uint8_t)*text);
		start = *text == '\n';
	}
}

/* "signet device register" as "signet-device-register". */
static void put_page_name(struct buf *out, const struct command *row, const char *hyphen)
{
	buf_put_str(out, "signet");
	if (row)
		buf_put_str(out, hyphen);
	for (const char *p = row ? row->name : ""; *p; p++)
		if (*p == ' ' || *p == '-')
			buf_put_str(out, hyphen);
		else
			buf_put_byte(out, (uint8_t)*p);
}

static void put_head(struct buf *out, const struct command *row, const char *summary)
{
	AUTO(buf) name = {0};

	put_page_name(&name, row, "\\-");
	buf_put_str(out, ".TH ");
	for (size_t i = 0; i < name.n; i++)
		buf_put_byte(out, (uint8_t)toupper(name.p[i]));
	buf_put_str(out, " 1 " PAGE_DATE " \"signet " SIGNET_VERSION "\" Signet\n.SH NAME\n");
	buf_put(out, buf_span(&name));
	buf_put_str(out, " \\- ");
	put(out, summary);
	buf_put_byte(out, '\n');
}

/* Paragraphs: an empty line begins a new one. */
static void put_text(struct buf *out, const char *text)
{
	AUTO(buf) line = {0};

	while (*text) {
		size_t n = strcspn(text, "\n");

		buf_reset(&line);
		buf_put(&line, span(text, n));
		if (n == 0)
			buf_put_str(out, ".PP");
		else
			put(out, buf_cstr(&line));
		buf_put_byte(out, '\n');
		text += n + (text[n] == '\n');
	}
}

static void put_option(struct buf *out, const struct option_row *o)
{
	buf_put_str(out, ".TP\n");
	if (o->letter)
		buf_printf(out, "\\fB\\-%c\\fR, ", o->letter);
	buf_put_str(out, "\\fB");
	put(out, o->name);
	buf_put_str(out, "\\fR");
	if (o->argument)
		buf_printf(out, " \\fI%s\\fR", o->argument);
	buf_put_byte(out, '\n');
	put(out, o->help);
	if (o->words) {
		buf_put_str(out, "; one of: ");
		put(out, o->words);
	}
	buf_put_byte(out, '\n');
}

static void put_examples(struct buf *out, const char *examples)
{
	buf_put_str(out, ".SH EXAMPLES\n.nf\n");
	put(out, examples);
	buf_put_str(out, ".fi\n");
}

static void put_exit(struct buf *out)
{
	buf_put_str(out, ".SH EXIT STATUS\n"
			 "0: done, or a request was made where policy wants approvals;\n"
			 "1: refused or failed; 2: wrong usage; others where it is said above.\n");
}

static void command_page(const struct command *row, struct buf *out)
{
	const char *words = argument_words(row->arguments);

	put_head(out, row, row->summary);
	buf_put_str(out, ".SH SYNOPSIS\n\\fBsignet ");
	put(out, row->name);
	buf_put_str(out, "\\fR");
	if (*row->arguments)
		buf_printf(out, " \\fI%s\\fR", row->arguments);
	buf_put_str(out, " [\\fIOPTION\\fR...]\n.SH DESCRIPTION\n");
	put_text(out, row->text ? row->text : row->summary);
	if (out->p[out->n - 1] != '\n')
		buf_put_byte(out, '\n');
	if (words) {
		buf_put_str(out, ".PP\nThe first argument is one of: ");
		put(out, words);
		buf_put_str(out, ".\n");
	}
	buf_put_str(out, ".SH OPTIONS\n");
	for (size_t i = 0; i < OPT_COUNT; i++)
		if (command_takes(row, (enum option_id)i))
			put_option(out, &option_rows[i]);
	buf_put_str(out, ".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\na short form of this page\n");
	put_exit(out);
	put_examples(out, row->examples);
	buf_put_str(out, ".SH SEE ALSO\n.BR signet (1)\n");
}

static void put_entry(struct buf *out, const struct command *row)
{
	buf_put_str(out, ".TP\n\\fBsignet ");
	put(out, row->name);
	buf_put_str(out, "\\fR\n");
	put(out, row->summary);
	buf_put_byte(out, '\n');
}

static void overview_page(struct buf *out)
{
	put_head(out, NULL, "operate a Signet server");
	buf_put_str(out, ".SH SYNOPSIS\n\\fBsignet\\fR \\fICOMMAND\\fR [\\fIARGUMENT\\fR...] "
			 "[\\fIOPTION\\fR...]\n.SH DESCRIPTION\n");
	put_text(out, overview_text);
	buf_put_str(out, ".SH COMMANDS\n");
	for (const struct command_group *g = command_groups; g->title; g++) {
		buf_put_str(out, ".SS \"");
		put(out, g->title);
		buf_put_str(out, "\"\n");
		for (const struct command *row = g->rows; row->name; row++)
			put_entry(out, row);
	}
	buf_put_str(out,
	    ".PP\nEach has a page of its own, such as\n.BR signet\\-login (1).\n"
	    ".SH ENVIRONMENT\n"
	    ".TP\n\\fBSIGNET_API_URL\\fR, \\fBSIGNET_CACERT\\fR, \\fBSIGNET_TOKEN\\fR\n"
	    "server, its root's certificate (a PEM file) and token, where no login is stored\n"
	    ".TP\n\\fBSIGNET_LOGIN\\fR\nthe file that holds the login\n"
	    ".TP\n\\fBSIGNET_TIMEOUT\\fR\nseconds that an answer may take (300)\n"
	    ".TP\n\\fBNO_COLOR\\fR\nno colours, wherever it is printed\n"
	    ".SH FILES\n.TP\n\\fI~/.config/signet/login\\fR\nthe login, mode 0600\n"
	    ".TP\n\\fI~/.local/state/signet/\\fR\n"
	    "the last verified checkpoint of each log\n");
	put_exit(out);
	buf_put_str(out, ".SH SEE ALSO\n.BR signet\\-device (1)\n");
}

static int write_page(const struct call *c, const struct command *row)
{
	AUTO(buf) page = {0}, path = {0};
	struct err err = {0};

	buf_printf(&path, "%s/", c->values[OPT_DIRECTORY]);
	put_page_name(&path, row, "-");
	buf_put_str(&path, ".1");
	if (row)
		command_page(row, &page);
	else
		overview_page(&page);
	if (!file_replace(buf_cstr(&path), buf_span(&page), 0644, &err).ok)
		return call_failed(c, &err);
	return EXIT_DONE;
}

static int write_all(const struct call *c)
{
	const struct command *row;
	struct err err = {0};
	int code;

	if (c->argument_count)
		return call_usage(c, "give a command or --directory, not both");
	if (!dir_make(c->values[OPT_DIRECTORY], 0755, &err).ok)
		return call_failed(c, &err);
	code = write_page(c, NULL);
	for (size_t i = 0; code == EXIT_DONE && (row = command_at(i)); i++)
		code = write_page(c, row);
	return code;
}

int cmd_man(struct call *c)
{
	AUTO(buf) page = {0};
	const struct command *row = NULL;
	bool group;
	int words = 0;

	if (c->values[OPT_DIRECTORY])
		return write_all(c);
	if (c->argument_count) {
		row = command_find(c->argument_count, c->arguments, &words, &group);
		if (!row || words != c->argument_count)
			return call_usage(c, "there is no command '%s'", c->arguments[0]);
	}
	if (row)
		command_page(row, &page);
	else
		overview_page(&page);
	fwrite(page.p, 1, page.n, c->out.file);
	return EXIT_DONE;
}
