/* base/err.c: errors with two faces. */
#include "base/err.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* False: an error stands already, and the first one wins. */
static bool __attribute__((format(printf, 4, 0))) err_begin(struct err *err, enum err_kind kind,
    const struct reason *reason, const char *format, va_list args)
{
	if (!err || err->kind != ERR_NONE)
		return false;
	err->kind = kind;
	err->reason = reason;
	if (vsnprintf(err->message, sizeof(err->message), format, args) < 0)
		err->message[0] = 0;
	return true;
}

struct status(err_set)(struct err *err, enum err_kind kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	err_begin(err, kind, NULL, format, args);
	va_end(args);
	return STATUS_FAILED;
}

struct status(err_refuse)(struct err *err, const struct reason *reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	err_begin(err, reason->kind, reason, format, args);
	va_end(args);
	return STATUS_FAILED;
}

struct status(err_errno)(struct err *err, enum err_kind kind, const char *format, ...)
{
	int number = errno;
	char text[128];
	va_list args;

	va_start(args, format);
	if (err_begin(err, kind, NULL, format, args))
		err_cause(err, "%s", strerror_r(number, text, sizeof(text)));
	va_end(args);
	return STATUS_FAILED;
}

/* OpenSSL's queue, oldest first, as "reason (data); reason". Empties it. */
static void queue_text(char *text, size_t size)
{
	const char *data;
	unsigned long code;
	size_t at = 0;
	int flags;

	text[0] = 0;
	while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
		const char *why = ERR_reason_error_string(code);
		char number[32];
		int n;

		if (!why) {
			snprintf(number, sizeof(number), "error %lx", code);
			why = number;
		}
		if (!(flags & ERR_TXT_STRING) || !data)
			data = "";
		n = snprintf(text + at, size - at, "%s%s%s%s%s", at ? "; " : "", why,
		    data[0] ? " (" : "", data, data[0] ? ")" : "");
		if (n > 0)
			at += (size_t)n < size - at ? (size_t)n : size - at - 1;
	}
}

struct status(err_crypto)(struct err *err, enum err_kind kind, const char *format, ...)
{
	char text[sizeof(err->cause)];
	va_list args;

	queue_text(text, sizeof(text));
	va_start(args, format);
	if (err_begin(err, kind, NULL, format, args))
		err_cause(err, "%s", text);
	va_end(args);
	return STATUS_FAILED;
}

void err_cause(struct err *err, const char *format, ...)
{
	va_list args;

	if (!err || err->cause[0])
		return;
	va_start(args, format);
	if (vsnprintf(err->cause, sizeof(err->cause), format, args) < 0)
		err->cause[0] = 0;
	va_end(args);
}

void err_clear(struct err *err)
{
	*err = (struct err){0};
}

static const char *const kind_codes[] = {
    [ERR_NONE] = "none",
    [ERR_INPUT] = "input",
    [ERR_AUTH] = "unauthenticated",
    [ERR_DENIED] = "denied",
    [ERR_MISSING] = "not-found",
    [ERR_METHOD] = "method-not-allowed",
    [ERR_CONFLICT] = "conflict",
    [ERR_STALE] = "stale",
    [ERR_BLIND] = "unconditional",
    [ERR_UNFIT] = "unfit",
    [ERR_RANGE] = "range",
    [ERR_TOO_LARGE] = "too-large",
    [ERR_MEDIA] = "media-type",
    [ERR_PENDING] = "pending",
    [ERR_BUSY] = "busy",
    [ERR_LIMIT] = "limit",
    [ERR_DATABASE] = "database-unavailable",
    [ERR_KEY] = "key-unavailable",
    [ERR_CONFIG] = "configuration",
    [ERR_INTERNAL] = "internal",
};

const char *err_code(const struct err *err)
{
	if (err->reason)
		return err->reason->code;
	if ((size_t)err->kind >= COUNT(kind_codes))
		return kind_codes[ERR_INTERNAL];
	return kind_codes[err->kind];
}
