#include "clients/operator/cli.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/operator/responder.h"

static const struct {
	const char *line;
	int code;
	const char *says; /* in standard output or error */
} lines[] = {
    {"", EXIT_USAGE, "what shall be done"},
    {"--help", EXIT_DONE, "signet device register"},
    {"help", EXIT_DONE, "signet device register"},
    {"--version", EXIT_DONE, "signet "},
    {"nonsense", EXIT_USAGE, "there is no command 'nonsense'"},
    {"nonsense --help", EXIT_USAGE, "there is no command"},
    {"help nonsense", EXIT_USAGE, "there is no command"},
    {"device", EXIT_USAGE, "signet device register"},
    {"device --help", EXIT_DONE, "signet device register"},
    {"help device", EXIT_DONE, "signet device register"},
    {"device fly", EXIT_USAGE, "there is no command 'device fly'"},
    {"device register", EXIT_USAGE, "needs PRODUCT SERIAL..."},
    {"device register x", EXIT_USAGE, "needs PRODUCT SERIAL..."},
    {"device register --help", EXIT_DONE, "usage: signet device register PRODUCT SERIAL..."},
    {"help device register", EXIT_DONE, "usage: signet device register PRODUCT SERIAL..."},
    {"whoami now", EXIT_USAGE, "'now' is too much"},
    {"whoami --product x", EXIT_USAGE, "there is no option --product"},
    {"whoami --json --json", EXIT_USAGE, "--json is given twice"},
    {"whoami --json=yes", EXIT_USAGE, "--json takes no value"},
    {"device list --product", EXIT_USAGE, "--product needs a value"},
    {"device list --limit 0", EXIT_USAGE, "--limit takes a number from 1"},
    {"device list --limit many", EXIT_USAGE, "not 'many'"},
    {"device list --limit 3 --all", EXIT_USAGE, "not both"},
    {"list nonsense", EXIT_USAGE, "there is no kind 'nonsense'; there is: authority"},
    {"apply", EXIT_USAGE, "needs -f FILE"},
    {"completion tcsh", EXIT_USAGE, "bash, zsh and fish"},
    {"token create --ttl soon", EXIT_USAGE, "not 'soon'"},
    {"request approve 1 --yes", EXIT_USAGE, "--yes needs --digest"},
    {"device import x.txt", EXIT_USAGE, "give --format csv"},
    {"device import x.csv --format xml", EXIT_USAGE, "csv or ndjson"},
    {"login --cacert a --pin b", EXIT_USAGE, "not both"},
    {"login --key a", EXIT_USAGE, "--key needs --certificate"},
    {"login --token-file a --certificate b", EXIT_USAGE, "give one of"},
    {"authority issue x --parent p", EXIT_USAGE, "needs --subject TEXT"},
    {"authority issue x --parent p --subject s --path-length many", EXIT_USAGE, "not 'many'"},
    {"authority take x", EXIT_USAGE, "needs --file FILE"},
    {"delete label open", EXIT_USAGE, "labels are never removed"},
    {"delete device 1", EXIT_USAGE, "signet device retire"},
    {"man no such", EXIT_USAGE, "there is no command"},
};

Test(operator_cli, words_that_make_no_sense_are_wrong_usage)
{
	for (size_t i = 0; i < COUNT(lines); i++) {
		AUTO(outcome) o = signet(NULL, lines[i].line);

		cr_expect_eq(o.code, lines[i].code, "%s: %d", lines[i].line, o.code);
		cr_expect(strstr(o.out, lines[i].says) || strstr(o.err, lines[i].says), "%s: %s%s",
		    lines[i].line, o.out, o.err);
	}
}

Test(operator_cli, what_was_typed_wrong_is_not_printed_raw)
{
	AUTO(outcome) o = signet(NULL, "\033[2Jx");

	cr_assert_eq(o.code, EXIT_USAGE);
	cr_assert_null(strchr(o.err, '\033'));
}

Test(operator_commands, every_row_says_what_people_need)
{
	const struct command *row;

	for (size_t i = 0; (row = command_at(i)); i++) {
		cr_expect(
		    row->run && row->summary && row->arguments && row->examples, "%s", row->name);
		cr_expect(
		    strncmp(row->examples, "signet ", 7) == 0 || strstr(row->examples, "| signet"),
		    "%s: examples are command lines", row->name);
		cr_expect(strstr(row->examples, row->name), "%s: the example shows it", row->name);
		cr_expect_leq(strlen(row->summary), 70, "%s", row->name);
		cr_expect(row->most < 0 || row->least <= row->most, "%s", row->name);
	}
}

Test(operator_commands, every_option_is_explained_and_used)
{
	for (size_t i = 0; i < OPT_COUNT; i++) {
		const struct command *row;
		bool used = false;

		for (size_t k = 0; (row = command_at(k)); k++)
			used = used || command_takes(row, (enum option_id)i);
		cr_expect(option_rows[i].name && option_rows[i].help, "%zu", i);
		cr_expect(used, "%s is nobody's", option_rows[i].name);
	}
}

Test(operator_help, names_every_option_of_the_command)
{
	const struct command *row;

	for (size_t k = 0; (row = command_at(k)); k++) {
		AUTO(buf) line = {0};

		buf_printf(&line, "%s --help", row->name);
		AUTO(outcome) o = signet(NULL, buf_cstr(&line));
		cr_assert_eq(o.code, EXIT_DONE);
		for (size_t i = 0; i < OPT_COUNT; i++)
			if (command_takes(row, (enum option_id)i))
				cr_expect(strstr(o.out, option_rows[i].name), "%s %s", row->name,
				    option_rows[i].name);
		cr_expect(strstr(o.out, "Examples:"), "%s", row->name);
	}
}

Test(operator_manual, every_command_has_a_page_that_is_named_in_the_first)
{
	AUTO(outcome) first = signet(NULL, "man");
	const struct command *row;

	for (size_t i = 0; (row = command_at(i)); i++) {
		AUTO(buf) line = {0}, entry = {0};

		buf_put_str(&entry, "\\fBsignet ");
		for (const char *p = row->name; *p; p++)
			buf_printf(&entry, "%s%c", *p == '-' ? "\\" : "", *p);
		buf_put_str(&entry, "\\fR\n");
		cr_expect(strstr(first.out, buf_cstr(&entry)), "%s", row->name);
		buf_printf(&line, "man %s", row->name);
		AUTO(outcome) o = signet(NULL, buf_cstr(&line));
		cr_expect_eq(o.code, EXIT_DONE, "%s: %s", row->name, o.err);
		cr_expect(strstr(o.out, ".SH EXAMPLES"), "%s", row->name);
	}
}

Test(operator_completion, every_command_and_option_is_in_all_three)
{
	static const char *const shells[] = {
	    "completion bash", "completion zsh", "completion fish"};

	for (size_t s = 0; s < COUNT(shells); s++) {
		AUTO(outcome) o = signet(NULL, shells[s]);
		const struct command *row;

		cr_assert_eq(o.code, EXIT_DONE);
		for (size_t i = 0; (row = command_at(i)); i++) {
			const char *verb = strchr(row->name, ' ');

			cr_expect(strstr(o.out, verb ? verb + 1 : row->name), "%s", row->name);
		}
		for (size_t i = 0; i < OPT_COUNT; i++)
			cr_expect(strstr(o.out, option_rows[i].name + 2), "%s: %s", shells[s],
			    option_rows[i].name);
	}
}
