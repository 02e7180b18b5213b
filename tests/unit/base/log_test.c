/* A stranger's value never becomes a line, a field or a terminal command. */
#include "base/log.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What one call writes. */
static char *line_of(struct log log, enum log_level level, const char *message,
    const struct log_field *fields, size_t count)
{
	static char text[4096];
	int ends[2];
	ssize_t n;

	cr_assert_eq(pipe(ends), 0);
	log.fd = ends[1];
	log_write(&log, level, message, fields, count);
	close(ends[1]);
	n = read(ends[0], text, sizeof(text) - 1);
	close(ends[0]);
	cr_assert_geq(n, 0);
	text[n] = 0;
	return text;
}

/* Behind the time, whose shape is checked. */
static const char *text_of(const char *value)
{
	struct log_field field = LOG_STR("v", value);
	const char *line = line_of((struct log){.level = LOG_DEBUG}, LOG_WARN, "m", &field, 1);

	cr_assert_gt(strlen(line), 25);
	cr_assert_eq(line[10], 'T');
	cr_assert_eq(line[19], '.');
	cr_assert_eq(line[23], 'Z');
	return line + 24;
}

Test(base_log, text_lines_have_time_level_message_fields)
{
	struct log_field fields[] = {LOG_STR("id", "7a"), LOG_INT("port", 8443), LOG_INT("n", -1)};
	const char *line =
	    line_of((struct log){.level = LOG_INFO}, LOG_INFO, "listening", fields, 3);

	cr_assert_str_eq(line + 24, " info  listening  id=7a port=8443 n=-1\n");
}

Test(base_log, json_lines_have_the_same)
{
	struct log_field fields[] = {
	    LOG_STR("id", "7a"), LOG_INT("port", 8443), LOG_STR("none", NULL)};
	const char *line =
	    line_of((struct log){.format = LOG_JSON}, LOG_ERROR, "listening", fields, 3);

	cr_assert_eq(strncmp(line, "{\"time\":\"2", 10), 0);
	cr_assert_str_eq(line + 33, "\",\"level\":\"error\",\"message\":\"listening\","
				    "\"id\":\"7a\",\"port\":8443,\"none\":\"\"}\n");
}

Test(base_log, lower_levels_are_dropped)
{
	struct log_field field = LOG_INT("n", 1);

	for (int level = LOG_DEBUG; level <= LOG_ERROR; level++)
		for (int least = LOG_DEBUG; least <= LOG_ERROR; least++) {
			const char *line = line_of((struct log){.level = (enum log_level)least},
			    (enum log_level)level, "m", &field, 1);

			cr_assert_eq(line[0] != 0, level >= least);
		}
}

Test(base_log, colour_is_for_the_level_alone)
{
	struct log_field field = LOG_INT("n", 1);
	const char *line = line_of((struct log){.colour = true}, LOG_ERROR, "broken", &field, 1);

	cr_assert_str_eq(line + 24, " \033[31merror\033[0m broken  n=1\n");
}

Test(base_log, strangers_values_are_escaped_in_text)
{
	static const struct {
		const char *value, *want;
	} rows[] = {
	    {"plain-1.2:3/4", "v=plain-1.2:3/4"},
	    {"", "v=\"\""},
	    {"two words", "v=\"two words\""},
	    {"a\n2026-11-23T01:13:28.123Z info  forged",
		"v=\"a\\n2026-11-23T01:13:28.123Z info  forged\""},
	    {"a\rb", "v=\"a\\rb\""},
	    {"x code=forged", "v=\"x code=forged\""},
	    {"code=forged", "v=\"code=forged\""},
	    {"say \"no\"", "v=\"say \\\"no\\\"\""},
	    {"\"", "v=\"\\\"\""},
	    {"back\\slash", "v=\"back\\\\slash\""},
	    {"\033[2J", "v=\"\\u001b[2J\""},
	    {"\x7f", "v=\"\\u007f\""},
	    {"\xc2\x9b"
	     "2J",
		"v=\"\\u009b2J\""},
	    {"\xe2\x80\xa8", "v=\"\\u2028\""},
	    {"\xff\xfe", "v=\"\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"Z\xc3\xbcrich", "v=\"Z\xc3\xbcrich\""},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) want = {0};

		buf_printf(&want, " warn  m  %s\n", rows[i].want);
		cr_assert_str_eq(text_of(rows[i].value), buf_cstr(&want), "%zu", i);
	}
}

Test(base_log, strangers_values_are_escaped_in_json)
{
	struct log_field field = LOG_STR("v", "a\"}\n{\"level\":\"\xff\033");
	const char *line = line_of((struct log){.format = LOG_JSON}, LOG_INFO, "m", &field, 1);

	cr_assert_not_null(
	    strstr(line, ",\"v\":\"a\\\"}\\n{\\\"level\\\":\\\"\xef\xbf\xbd\\u001b\"}\n"), "%s",
	    line);
	cr_assert_eq(strchr(line, '\n'), line + strlen(line) - 1);
}

Test(base_log, names_are_read_back)
{
	enum log_level level = LOG_DEBUG;
	enum log_format format = LOG_TEXT;

	cr_assert(log_level_from_text("error", &level));
	cr_assert_eq(level, LOG_ERROR);
	cr_assert(log_format_from_text("json", &format));
	cr_assert_eq(format, LOG_JSON);
	cr_assert_not(log_level_from_text("Error", &level));
	cr_assert_not(log_level_from_text("", &level));
	cr_assert_not(log_format_from_text("xml", &format));
	cr_assert_eq(level, LOG_ERROR);
}
