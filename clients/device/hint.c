/* clients/device/hint.c: see hint.h. */
#include "clients/device/hint.h"

#include <string.h>

#include "base/calendar.h"
#include "clients/device/certs.h"

#define HEADER "signet-renew-at:"
#define DATE   "www, dd mmm yyyy hh:mm:ss GMT"

/* 1 to 12; 0: none is called so. */
static int month_of(const char *name)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (memcmp(names + 3 * i, name, 3) == 0)
			return i + 1;
	return 0;
}

/* The day of the week says nothing that the date does not. */
static bool is_frame(const char *t)
{
	return memcmp(t + 3, ", ", 2) == 0 && t[7] == ' ' && t[11] == ' ' && t[16] == ' ' &&
	       t[19] == ':' && t[22] == ':' && memcmp(t + 25, " GMT", 4) == 0;
}

int64_t hint_date(struct span text)
{
	const char *t = (const char *)text.p;
	struct calendar c;
	int64_t seconds;

	if (text.n != strlen(DATE) || !is_frame(t))
		return 0;
	c = (struct calendar){.year = calendar_digits(t + 12, 4),
	    .month = month_of(t + 8),
	    .day = calendar_digits(t + 5, 2),
	    .hour = calendar_digits(t + 17, 2),
	    .minute = calendar_digits(t + 20, 2),
	    .second = calendar_digits(t + 23, 2)};
	return calendar_seconds(&c, &seconds) && seconds > 0 ? seconds : 0;
}

void hint_of_header(struct span line, int64_t *ret_renew_at)
{
	const size_t n = strlen(HEADER);

	if (line.n > n && span_equal_nocase(span(line.p, n), HEADER))
		*ret_renew_at = hint_date(span_trim(span(line.p + n, line.n - n)));
}

bool hint_fits(int64_t renew_at, X509 *cert)
{
	int64_t begins, ends;

	cert_times(cert, &begins, &ends);
	return renew_at > begins && renew_at < ends;
}
