/* clients/operator/cli.c: from words to a command and its options, by the tables alone. */
#include "clients/operator/cli.h"

#include <stdlib.h>
#include <string.h>

#include "clients/operator/help.h"

#define ARGUMENTS_MAX 10000 /* device register with a shell's expansion of serial numbers */

/* ---- which command ---- */

static bool is_word_of(const char *name, int words, char *const *argv, int *ret_used)
{
	const char *blank = strchr(name, ' ');
	size_t n = blank ? (size_t)(blank - name) : strlen(name);

	if (words < 1 || strlen(argv[0]) != n || strncmp(argv[0], name, n) != 0)
		return false;
	if (blank && (words < 2 || strcmp(argv[1], blank + 1) != 0))
		return false;
	*ret_used = blank ? 2 : 1;
	return true;
}

static bool begins_with_word(const char *name, const char *word)
{
	size_t n = strlen(word);

	return strncmp(name, word, n) == 0 && name[n] == ' ';
}

const struct command *command_find(int argc, char *const *argv, int *ret_words, bool *ret_group)
{
	const struct command *row;

	*ret_group = false;
	for (size_t i = 0; (row = command_at(i)); i++) {
		if (is_word_of(row->name, argc, argv, ret_words))
			return row;
		if (argc > 0 && begins_with_word(row->name, argv[0]))
			*ret_group = true;
	}
	return NULL;
}

/* ---- options ---- */

static const struct option_row *find_option(const struct command *row, const char *text, size_t n)
{
	for (size_t i = 0; i < OPT_COUNT; i++) {
		const struct option_row *o = &option_rows[i];

		if (!command_takes(row, (enum option_id)i))
			continue;
		if (strlen(o->name) == n && strncmp(o->name, text, n) == 0)
			return o;
		if (o->letter && n == 2 && text[0] == '-' && text[1] == o->letter)
			return o;
	}
	return NULL;
}

static int take_option(struct call *c, int argc, char **argv, int *i)
{
	const char *word = argv[*i], *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : strlen(word);
	const struct option_row *o = find_option(c->command, word, n);

	if (!o)
		return call_usage(c, "there is no option %s", word);
	if (c->values[o - option_rows] && !o->many)
		return call_usage(c, "%s is given twice", o->name);
	if (!o->argument && equals)
		return call_usage(c, "%s takes no value", o->name);
	if (o->argument && !equals && *i + 1 == argc)
		return call_usage(c, "%s needs a value: %s", o->name, o->argument);
	c->values[o - option_rows] = !o->argument ? "" : equals ? equals + 1 : argv[++*i];
	if (o->many)
		c->repeated[c->repeated_count++] = (struct repeated){
		    (enum option_id)(o - option_rows), c->values[o - option_rows]};
	return EXIT_DONE;
}

/* Options and arguments may be mixed; behind -- there are arguments only; - alone is one. */
static int parse(struct call *c, int argc, char **argv)
{
	bool options = true;

	for (int i = 0; i < argc; i++) {
		int code;

		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
			continue;
		}
		if (!options || argv[i][0] != '-' || !argv[i][1]) {
			c->arguments[c->argument_count++] = argv[i];
			continue;
		}
		code = take_option(c, argc, argv, &i);
		if (code != EXIT_DONE)
			return code;
	}
	if (c->argument_count < c->command->least)
		return call_usage(c, "needs %s", c->command->arguments);
	if (c->command->most >= 0 && c->argument_count > c->command->most)
		return call_usage(c, "'%s' is too much", c->arguments[c->command->most]);
	return EXIT_DONE;
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static int run(struct call *c, int argc, char **argv)
{
	int code;

	if (asks_for_help(argc, argv)) {
		help_command(&c->out, c->command);
		return EXIT_DONE;
	}
	c->arguments = mem_array((size_t)argc + 1, sizeof(*c->arguments));
	c->repeated = mem_array((size_t)argc + 1, sizeof(*c->repeated));
	code = argc > ARGUMENTS_MAX ? call_usage(c, "over %d words", ARGUMENTS_MAX)
				    : parse(c, argc, argv);
	if (code == EXIT_DONE)
		code = c->command->run(c);
	client_close(c->client);
	login_free(&c->login);
	free(c->arguments);
	free(c->repeated);
	return code;
}

/* signet, signet --help, signet help device, signet --version */
static bool is_overview(struct call *c, int argc, char **argv, int *ret_code)
{
	bool help = argc > 1 && strcmp(argv[1], "help") == 0;

	*ret_code = EXIT_DONE;
	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		fprintf(c->out.file, "signet " SIGNET_VERSION "\n");
	else if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		help_overview(&c->out);
	else if (help)
		*ret_code = help_words(c, argc - 2, argv + 2);
	else
		return false;
	return true;
}

int operator_cli(int argc, char **argv, const struct operator_io *io)
{
	struct call c = {.in = io->in, .out = screen_of(io->out), .err = screen_of(io->err)};
	bool group = false;
	int words = 0, code;

	if (argc < 2)
		return call_usage(&c, "what shall be done?");
	if (!is_overview(&c, argc, argv, &code)) {
		c.command = command_find(argc - 1, argv + 1, &words, &group);
		if (c.command)
			code = run(&c, argc - 1 - words, argv + 1 + words);
		else if (group)
			code = help_group(&c, argc - 1, argv + 1);
		else
			code = call_usage(&c, "there is no command '%s'", argv[1]);
	}
	/* A full disk or a closed pipe is a failure, not a success. */
	if (fflush(c.out.file) != 0 && code == EXIT_DONE)
		code = EXIT_FAILED;
	return code;
}
