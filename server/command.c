#include "server/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

int command_failed(const struct err *err)
{
	fprintf(stderr, "signetd: %s\n", err->message[0] ? err->message : "failed");
	if (err->reason && err->reason->advice)
		fprintf(stderr, "signetd: what to do: %s\n", err->reason->advice);
	if (err->cause[0])
		fprintf(stderr, "signetd: cause: %s\n", err->cause);
	return COMMAND_FAILED;
}

int command_usage(const struct invocation *v, const char *format, ...)
{
	va_list arguments;

	if (format) {
		va_start(arguments, format);
		fputs("signetd: ", stderr);
		vfprintf(stderr, format, arguments);
		fputc('\n', stderr);
		va_end(arguments);
	}
	fprintf(stderr, "usage: signetd --config FILE %s %s\n", v->command->name,
	    v->command->arguments);
	return COMMAND_USAGE;
}

bool command_reason_fits(const char *reason)
{
	size_t n = strlen(reason);

	return n >= 10 && n <= 200 && utf8_valid(span_str(reason));
}

struct status command_db(const struct invocation *v, struct db **ret_db, struct err *err)
{
	struct db_config config = {v->config->database.server,
	    v->config->database.statement_timeout * 1000, "signetd-command"};

	return db_open(&config, ret_db, err);
}
