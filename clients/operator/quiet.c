/* clients/operator/quiet.c: see quiet.h. */
#include "clients/operator/quiet.h"

#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/file.h"
#include "clients/operator/reason.h"

#define PASSPHRASE_MAX ((size_t)1024)

void quiet_line(FILE *in, FILE *ask, const char *prompt, size_t most, struct buf *out)
{
	int fd = fileno(in);
	struct termios old, quiet;
	bool person = fd >= 0 && isatty(fd) && tcgetattr(fd, &old) == 0;
	char line[4096];
	size_t n;

	if (person) {
		fprintf(ask, "%s: ", prompt);
		fflush(ask);
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(fd, TCSAFLUSH, &quiet);
	}
	while (out->n <= most && fgets(line, sizeof(line), in)) {
		n = strlen(line);
		buf_put(out, span(line, n));
		if (n && line[n - 1] == '\n')
			break;
	}
	OPENSSL_cleanse(line, sizeof(line));
	if (person) {
		tcsetattr(fd, TCSAFLUSH, &old);
		fputc('\n', ask);
	}
}

static struct status ask_once(
    const struct call *c, const char *prompt, struct secret *ret_passphrase, struct err *err)
{
	AUTO(buf) line = {0};
	struct span text;

	buf_reserve(&line, PASSPHRASE_MAX + 4096); /* it is not moved, so that no copy stays */
	quiet_line(c->in, c->err.file, prompt, PASSPHRASE_MAX, &line);
	text = buf_span(&line);
	while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
		text.n--;
	if (text.n && text.n <= PASSPHRASE_MAX)
		*ret_passphrase = secret_copy(text);
	OPENSSL_cleanse(line.p, line.n);
	return ret_passphrase->n
		   ? STATUS_OK
		   : err_refuse(err, WHY(PASSPHRASE), "nothing, or too much, was typed");
}

static struct status ask(const struct call *c, const char *what, bool is_new,
    struct secret *ret_passphrase, struct err *err)
{
	AUTO(buf) prompt = {0};
	AUTO(secret) first = {0}, again = {0};

	buf_printf(&prompt, "passphrase of %.200s", what);
	TRY(ask_once(c, buf_cstr(&prompt), &first, err));
	if (is_new)
		TRY(ask_once(c, "again", &again, err));
	if (is_new && !span_equal_constant_time(secret_span(&first), secret_span(&again)))
		return err_refuse(err, WHY(PASSPHRASE), "the two are not the same");
	*ret_passphrase = first;
	first = (struct secret){0};
	return STATUS_OK;
}

struct status passphrase_take(const struct call *c, const char *what, bool is_new,
    struct secret *ret_passphrase, struct err *err)
{
	const char *file = c->values[OPT_PASSPHRASE_FILE];
	struct err why = {0};

	if (file)
		return file_read_secret(file, ret_passphrase, &why).ok
			   ? STATUS_OK
			   : err_refuse(err, WHY(PASSPHRASE), "%s", why.message);
	if (fileno(c->in) < 0 || !isatty(fileno(c->in)))
		return err_refuse(
		    err, WHY(PASSPHRASE), "nobody is here to be asked for that of '%s'", what);
	return ask(c, what, is_new, ret_passphrase, err);
}
