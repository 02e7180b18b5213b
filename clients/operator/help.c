/* clients/operator/help.c: see help.h. */
#include "clients/operator/help.h"

#include <string.h>

#define LEFT_WIDTH 24

const char overview_text[] =
    "Signet's operator talks to the server's API: who may do what is the server's policy.\n"
    "Log in once; the login is kept in ~/.config/signet/login (or $SIGNET_LOGIN), for its owner\n"
    "alone. Without one, SIGNET_API_URL, SIGNET_CACERT and SIGNET_TOKEN count.\n"
    "\n"
    "Tables are for people, --json is for machines. What policy wants approved becomes a request,\n"
    "and the command says how to go on. Exit: 0 done (or requested), 1 refused or failed, 2 wrong\n"
    "usage.\n";

static void print_summary(const struct screen *out, const struct command *row)
{
	screen_printf(out, "  signet %-*s %s\n", LEFT_WIDTH, row->name, row->summary);
}

void help_overview(const struct screen *out)
{
	screen_printf(out, "signet: operate a Signet server\n\n%s", overview_text);
	for (const struct command_group *g = command_groups; g->title; g++) {
		screen_printf(out, "\n");
		screen_put(out, STYLE_BOLD, g->title);
		screen_printf(out, "\n");
		for (const struct command *row = g->rows; row->name; row++)
			print_summary(out, row);
	}
	screen_printf(out, "\n`signet COMMAND --help` tells more, with examples.\n");
}

static void print_option(const struct screen *out, const struct option_row *o)
{
	char left[64], letter[8] = "";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(left, sizeof(left), "%s%s%s%s", letter, o->name, o->argument ? " " : "",
	    o->argument ? o->argument : "");
	screen_printf(out, "  %-*s %s\n", LEFT_WIDTH, left, o->help);
	if (o->words)
		screen_printf(out, "  %-*s one of: %s\n", LEFT_WIDTH, "", o->words);
}

/* Indent each line. */
static void print_lines(const struct screen *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		screen_printf(out, "  %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void print_usage(const struct screen *out, const struct command *row)
{
	screen_printf(out, "usage: signet %s%s%s [OPTION...]\n", row->name,
	    *row->arguments ? " " : "", row->arguments);
}

void help_command(const struct screen *out, const struct command *row)
{
	const char *kinds = argument_words(row->arguments);

	screen_printf(out, "signet %s: %s\n\n", row->name, row->summary);
	print_usage(out, row);
	if (row->text)
		screen_printf(out, "\n%s", row->text);
	if (kinds)
		screen_printf(out, "\n%s is one of: %s\n",
		    strncmp(row->arguments, "KIND", 4) == 0 ? "KIND" : "The argument", kinds);
	screen_printf(out, "\nOptions:\n");
	for (size_t i = 0; i < OPT_COUNT; i++)
		if (command_takes(row, (enum option_id)i))
			print_option(out, &option_rows[i]);
	screen_printf(out, "  %-*s %s\n", LEFT_WIDTH, "-h, --help", "this text");
	screen_printf(out, "\nExamples:\n");
	print_lines(out, row->examples);
}

static bool print_group(const struct screen *out, const char *word)
{
	size_t n = strlen(word);
	bool any = false;
	const struct command *row;

	for (size_t i = 0; (row = command_at(i)); i++) {
		if (strncmp(row->name, word, n) != 0 || row->name[n] != ' ')
			continue;
		print_summary(out, row);
		any = true;
	}
	return any;
}

int help_words(const struct call *c, int argc, char **argv)
{
	bool group = false;
	int words = 0;
	const struct command *row = argc ? command_find(argc, argv, &words, &group) : NULL;

	if (argc == 0)
		help_overview(&c->out);
	else if (row)
		help_command(&c->out, row);
	else if (!print_group(&c->out, argv[0]))
		return call_usage(c, "there is no command '%s'", argv[0]);
	return EXIT_DONE;
}

int help_group(const struct call *c, int argc, char **argv)
{
	const struct screen *to = &c->err;
	const char *verb = argc > 1 ? argv[1] : "--help";

	if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0) {
		print_group(argc > 1 ? &c->out : to, argv[0]);
		return argc > 1 ? EXIT_DONE : EXIT_USAGE;
	}
	(void)call_usage(c, "there is no command '%s %s'; there is:", argv[0], verb);
	print_group(to, argv[0]);
	return EXIT_USAGE;
}
