/*
 * clients/operator/completion.c: signet completion bash|zsh|fish, written from the tables.
 *
 * The scripts know the words; they never ask the server, so that completing is quick and silent.
 */
#include <stdlib.h>
#include <string.h>

#include "clients/operator/handlers.h"

static const char bash_head[] =
    "# Completion of signet for bash: source <(signet completion bash)\n"
    "_signet() {\n"
    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "\tlocal command=${COMP_WORDS[1]} words= options= files=\n"
    "\tCOMPREPLY=()\n"
    "\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$(_signet_verbs '')\" -- \"$cur\")\n"
    "\t\treturn\n"
    "\tfi\n"
    "\tif [ -n \"$(_signet_verbs \"$command\")\" ]; then\n"
    "\t\tif [ \"$COMP_CWORD\" = 2 ]; then\n"
    "\t\t\tmapfile -t COMPREPLY < <(compgen -W \"$(_signet_verbs \"$command\")\" -- \"$cur\")\n"
    "\t\t\treturn\n"
    "\t\tfi\n"
    "\t\tcommand+=\" ${COMP_WORDS[2]}\"\n"
    "\tfi\n"
    "\t_signet_value \"$prev\" || _signet_command \"$command\"\n"
    "\tcase $cur in -*) words=$options files= ;; esac\n"
    "\tmapfile -t COMPREPLY < <(compgen $files -W \"$words\" -- \"$cur\")\n"
    "}\n";
static const char bash_tail[] = "complete -F _signet signet\n";

static bool takes_file(const char *argument)
{
	return argument && (strstr(argument, "FILE") || strstr(argument, "DIR"));
}

/* Length of the first word of the i-th command's name, and whether no command before begins so. */
static size_t first_word(size_t i, bool *ret_new)
{
	const char *name = command_at(i)->name, *before = i ? command_at(i - 1)->name : "";
	size_t n = strcspn(name, " ");

	*ret_new = strcspn(before, " ") != n || strncmp(before, name, n) != 0;
	return n;
}

/* ---- bash ---- */

static void bash_verbs(FILE *out)
{
	bool new, open = false;
	const struct command *row;

	fprintf(out, "# the words that may follow\n_signet_verbs() {\n\tcase $1 in\n\t'') echo '");
	for (size_t i = 0; (row = command_at(i)); i++) {
		size_t n = first_word(i, &new);

		if (new)
			fprintf(out, "%.*s ", (int)n, row->name);
	}
	fprintf(out, "help' ;;\n");
	for (size_t i = 0; (row = command_at(i)); i++) {
		size_t n = first_word(i, &new);

		if (new &&open)
			fprintf(out, "' ;;\n");
		open = row->name[n] != '\0';
		if (!open)
			continue;
		if (new)
			fprintf(out, "\t%.*s) echo '", (int)n, row->name);
		fprintf(out, "%s%s", new ? "" : " ", row->name + n + 1);
	}
	fprintf(out, "%s\tesac\n}\n", open ? "' ;;\n" : "");
}

/* Of two options of one name, which no command has both, the first tells what it takes. */
static bool is_repeated(size_t option)
{
	for (size_t i = 0; i < option; i++)
		if (strcmp(option_rows[i].name, option_rows[option].name) == 0)
			return true;
	return false;
}

static void bash_values(FILE *out)
{
	fprintf(out, "# what an option takes\n_signet_value() {\n\tcase $1 in\n");
	for (size_t i = 0; i < OPT_COUNT; i++) {
		const struct option_row *o = &option_rows[i];

		if (!o->argument || is_repeated(i))
			continue;
		fprintf(out, "\t%s", o->name);
		if (o->letter)
			fprintf(out, " | -%c", o->letter);
		fprintf(out, ") words='%s' files=%s options= ;;\n", o->words ? o->words : "",
		    takes_file(o->argument) ? "-f" : "");
	}
	fprintf(out, "\t*) return 1 ;;\n\tesac\n}\n");
}

static void bash_commands(FILE *out)
{
	const struct command *row;

	fprintf(out, "# what a command takes\n_signet_command() {\n\tcase $1 in\n");
	for (size_t k = 0; (row = command_at(k)); k++) {
		const char *words = argument_words(row->arguments);

		fprintf(out, "\t'%s') words='%s' files=%s options='", row->name, words ? words : "",
		    takes_file(row->arguments) ? "-f" : "");
		for (size_t i = 0; i < OPT_COUNT; i++)
			if (command_takes(row, (enum option_id)i))
				fprintf(out, "%s ", option_rows[i].name);
		fprintf(out, "--help' ;;\n");
	}
	fprintf(out, "\tesac\n}\n");
}

static void write_bash(FILE *out)
{
	fputs(bash_head, out);
	bash_verbs(out);
	bash_values(out);
	bash_commands(out);
	fputs(bash_tail, out);
}

/* ---- zsh ---- */

/* Text inside '...' of a shell where ':' '[' and ']' mean something to the completion system. */
static void put_zsh(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr(":[]", *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
}

static void zsh_option(FILE *out, const struct option_row *o)
{
	fprintf(out, " '%s[", o->name);
	put_zsh(out, o->help);
	fputc(']', out);
	if (o->argument) {
		fprintf(out, ":%s:", o->argument);
		if (o->words)
			fprintf(out, "(%s)", o->words);
		else if (takes_file(o->argument))
			fputs("_files", out);
	}
	fputc('\'', out);
}

static void zsh_command(FILE *out, const struct command *row)
{
	const char *words = argument_words(row->arguments);

	fprintf(out, "\t'%s') _arguments", row->name);
	for (size_t i = 0; i < OPT_COUNT; i++)
		if (command_takes(row, (enum option_id)i))
			zsh_option(out, &option_rows[i]);
	fprintf(out, " '--help[this command]'");
	if (words)
		fprintf(out, " '1:word:(%s)'", words);
	else if (takes_file(row->arguments))
		fprintf(out, " '*:file:_files'");
	fprintf(out, " ;;\n");
}

static void zsh_group(FILE *out, const char *group, size_t n)
{
	const struct command *row;

	fprintf(out, "\t%.*s) verbs=(", (int)n, group);
	for (size_t i = 0; (row = command_at(i)); i++) {
		if (strncmp(row->name, group, n) != 0 || row->name[n] != ' ')
			continue;
		fprintf(out, " '%s:", row->name + n + 1);
		put_zsh(out, row->summary);
		fputc('\'', out);
	}
	fprintf(out, " ) ;;\n");
}

static void zsh_first_words(FILE *out)
{
	bool new;
	const struct command *row;

	fprintf(out, "\tlocal -a words1 verbs\n\twords1=(");
	for (size_t i = 0; (row = command_at(i)); i++) {
		size_t n = first_word(i, &new);

		if (!new)
			continue;
		fprintf(out, " '%.*s:", (int)n, row->name);
		put_zsh(out, row->name[n] ? "..." : row->summary);
		fputc('\'', out);
	}
	fprintf(out, " )\n");
}

static void write_zsh(FILE *out)
{
	bool new;
	const struct command *row;

	fprintf(out, "#compdef signet\n_signet() {\n");
	zsh_first_words(out);
	fprintf(out, "\tif ((CURRENT == 2)); then _describe command words1; return; fi\n"
		     "\tlocal command=${words[2]}\n\tcase $command in\n");
	for (size_t i = 0; (row = command_at(i)); i++) {
		size_t n = first_word(i, &new);

		if (new && row->name[n])
			zsh_group(out, row->name, n);
	}
	fprintf(out, "\tesac\n"
		     "\tif (($#verbs)); then\n"
		     "\t\tif ((CURRENT == 3)); then _describe command verbs; return; fi\n"
		     "\t\tcommand+=\" ${words[3]}\"\n\t\tshift words; ((CURRENT--))\n\tfi\n"
		     "\tshift words; ((CURRENT--))\n\tcase $command in\n");
	for (size_t i = 0; (row = command_at(i)); i++)
		zsh_command(out, row);
	fprintf(out,
	    "\tesac\n}\n"
	    "if [ \"$funcstack[1]\" = _signet ]; then _signet \"$@\"; else compdef _signet "
	    "signet; fi\n");
}

/* ---- fish ---- */

static void put_fish(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text == '\'' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
}

/* The condition under which a command's options and arguments are offered. */
static void fish_condition(FILE *out, const struct command *row)
{
	size_t n = strcspn(row->name, " ");

	fprintf(out, "complete -c signet -n '__fish_seen_subcommand_from %.*s", (int)n, row->name);
	if (row->name[n])
		fprintf(out, "; and __fish_seen_subcommand_from %s", row->name + n + 1);
	fprintf(out, "'");
}

static void fish_option(FILE *out, const struct command *row, const struct option_row *o)
{
	fish_condition(out, row);
	fprintf(out, " -l %s", o->name + 2);
	if (o->letter)
		fprintf(out, " -s %c", o->letter);
	if (o->words)
		fprintf(out, " -xa '%s'", o->words);
	else if (o->argument)
		fprintf(out, takes_file(o->argument) ? " -rF" : " -x");
	fprintf(out, " -d '");
	put_fish(out, o->help);
	fprintf(out, "'\n");
}

static void fish_names(FILE *out, size_t i)
{
	const struct command *row = command_at(i);
	bool new;
	size_t n = first_word(i, &new);

	if (new) {
		fprintf(out, "complete -c signet -n __fish_use_subcommand -a %.*s -d '", (int)n,
		    row->name);
		put_fish(out, row->name[n] ? "..." : row->summary);
		fprintf(out, "'\n");
	}
	if (!row->name[n])
		return;
	fprintf(out,
	    "complete -c signet -n '__fish_seen_subcommand_from %.*s; and test (count "
	    "(commandline -opc)) -eq 2' -a %s -d '",
	    (int)n, row->name, row->name + n + 1);
	put_fish(out, row->summary);
	fprintf(out, "'\n");
}

static void write_fish(FILE *out)
{
	const struct command *row;

	fprintf(out, "# Completion of signet for fish: signet completion fish | source\n"
		     "complete -c signet -f\n");
	for (size_t k = 0; (row = command_at(k)); k++) {
		const char *words = argument_words(row->arguments);

		fish_names(out, k);
		for (size_t i = 0; i < OPT_COUNT; i++)
			if (command_takes(row, (enum option_id)i))
				fish_option(out, row, &option_rows[i]);
		if (!words && !takes_file(row->arguments))
			continue;
		fish_condition(out, row);
		fprintf(out, words ? " -a '%s'\n" : " -F\n", words);
	}
}

int cmd_completion(struct call *c)
{
	static const struct {
		const char *shell;
		void (*write)(FILE *out);
	} shells[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};

	for (size_t i = 0; i < COUNT(shells); i++)
		if (strcmp(c->arguments[0], shells[i].shell) == 0) {
			shells[i].write(c->out.file);
			return EXIT_DONE;
		}
	return call_usage(c, "completion is for bash, zsh and fish, not '%s'", c->arguments[0]);
}
