/* base/log.c: one line per event. */
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug",
    [LOG_INFO] = "info",
    [LOG_WARN] = "warn",
    [LOG_ERROR] = "error",
};
static const char *const level_colours[] = {
    [LOG_DEBUG] = "\033[2m",
    [LOG_INFO] = "\033[32m",
    [LOG_WARN] = "\033[33m",
    [LOG_ERROR] = "\033[31m",
};
static const char *const format_names[] = {[LOG_TEXT] = "text", [LOG_JSON] = "json"};

/* time_text with milliseconds: "2026-11-23T01:13:28.123Z" */
static void time_text_ms(char text[static TIME_TEXT_SIZE])
{
	int64_t us = realtime_us();

	time_text(us / 1000000, text);
	snprintf(text + 19, TIME_TEXT_SIZE - 19, ".%03dZ", (int)(us / 1000 % 1000));
}

/* Needs no quotes: reads as one word, and cannot be taken for the next field. */
static bool word_plain(struct span s)
{
	if (!s.n)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '"' || s.p[i] == '=' ||
		    s.p[i] == '\\')
			return false;
	return true;
}

static void put_value(struct buf *line, const struct log_field *f)
{
	struct span s = span_str(f->text);

	if (!f->text)
		buf_printf(line, "%" PRId64, f->number);
	else if (word_plain(s))
		buf_put(line, s);
	else
		json_quote(line, s);
}

static void put_text_line(const struct log *log, enum log_level level, const char *message,
    const struct log_field *fields, size_t count, struct buf *line)
{
	char time[TIME_TEXT_SIZE];

	time_text_ms(time);
	buf_printf(line, "%s %s%-5s%s %s", time, log->colour ? level_colours[level] : "",
	    level_names[level], log->colour ? "\033[0m" : "", message);
	for (size_t i = 0; i < count; i++) {
		buf_put_str(line, i ? " " : "  ");
		buf_put_str(line, fields[i].name);
		buf_put_byte(line, '=');
		put_value(line, &fields[i]);
	}
}

static void put_json_line(enum log_level level, const char *message, const struct log_field *fields,
    size_t count, struct buf *line)
{
	struct json j = {.out = line};
	char time[TIME_TEXT_SIZE];

	time_text_ms(time);
	json_object_begin(&j, NULL);
	json_str(&j, "time", time);
	json_str(&j, "level", level_names[level]);
	json_str(&j, "message", message);
	for (size_t i = 0; i < count; i++) {
		if (fields[i].text)
			json_str(&j, fields[i].name, fields[i].text);
		else
			json_int(&j, fields[i].name, fields[i].number);
	}
	json_object_end(&j);
}

void log_write(const struct log *log, enum log_level level, const char *message,
    const struct log_field *fields, size_t count)
{
	AUTO(buf) line = {0};
	ssize_t written;

	if (level < log->level)
		return;
	buf_reserve(&line, 512);
	if (log->format == LOG_JSON)
		put_json_line(level, message, fields, count, &line);
	else
		put_text_line(log, level, message, fields, count, &line);
	buf_put_byte(&line, '\n');
	do
		written = write(log->fd, line.p, line.n);
	while (written < 0 && errno == EINTR);
	/* A log that cannot be written stops nobody's enrollment: there is nowhere to say so. */
}

static bool name_index(const char *const *names, size_t count, const char *text, size_t *ret_index)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], text) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

bool log_format_from_text(const char *text, enum log_format *ret_format)
{
	size_t i;

	if (!name_index(format_names, COUNT(format_names), text, &i))
		return false;
	*ret_format = (enum log_format)i;
	return true;
}

bool log_level_from_text(const char *text, enum log_level *ret_level)
{
	size_t i;

	if (!name_index(level_names, COUNT(level_names), text, &i))
		return false;
	*ret_level = (enum log_level)i;
	return true;
}
