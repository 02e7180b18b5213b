/*
 * base/log.h: one line per event, as text for people or JSON for machines.
 *
 * Log once, at the edge: api/ and server/ log, what lies below returns. A line
 * has a time, a level, a message that never changes ("enrollment refused") and
 * fields that do. Values are escaped: a stranger cannot forge a line.
 * Thread-safe: a line is one write(2).
 */
#ifndef SIGNET_BASE_LOG_H
#define SIGNET_BASE_LOG_H

#include "base/clock.h"
#include "base/span.h"

enum log_level {
	LOG_DEBUG,
	LOG_INFO,
	LOG_WARN,
	LOG_ERROR
};
enum log_format {
	LOG_TEXT,
	LOG_JSON
};

struct log {
	int fd;
	enum log_level level; /* what lies below is dropped */
	enum log_format format;
	bool colour; /* text only; set for a terminal without NO_COLOR */
};

struct log_field {
	const char *name;
	const char *text; /* NULL: number counts */
	int64_t number;
};

static inline const char *log_text(const char *text)
{
	return text ? text : "";
}

#define LOG_STR(name, value) ((struct log_field){(name), log_text(value), 0})
#define LOG_INT(name, value) ((struct log_field){(name), NULL, (int64_t)(value)})

void log_write(const struct log *log, enum log_level level, const char *message,
    const struct log_field *fields, size_t count);

/* LOG(log, LOG_INFO, "listening", LOG_STR("address", a), LOG_INT("port", p)); at least one field */
#define LOG(log, level, message, ...)                                                 \
	log_write((log), (level), (message), (const struct log_field[]){__VA_ARGS__}, \
	    sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

/* "text"/"json", "debug"/"info"/"warn"/"error". False when it is none of them. */
MUST_USE bool log_format_from_text(const char *text, enum log_format *ret_format);
MUST_USE bool log_level_from_text(const char *text, enum log_level *ret_level);

#endif
