/* base/calendar.h: seconds since 1970 and the proleptic Gregorian calendar, without libc's time
 * zones. */
#ifndef SIGNET_BASE_CALENDAR_H
#define SIGNET_BASE_CALENDAR_H

#include "base/base.h"

struct calendar {
	int year; /* 0..9999 */
	int month, day, hour, minute, second;
};

/* Seconds outside the years 0 to 9999 give the nearest second inside. */
struct calendar calendar_of(int64_t seconds);
/* False: no such date or time of day (a leap second is none: RFC 5280 and POSIX know no 60). */
MUST_USE bool calendar_seconds(const struct calendar *c, int64_t *ret_seconds);
/* "Sun, 06 Nov 1994 08:49:37 GMT": an IMF-fixdate, RFC 9110 5.6.7. Whatever the locale. */
#define HTTP_DATE_SIZE 30
void http_date_text(int64_t seconds, char text[static HTTP_DATE_SIZE]);
/* `n` ASCII digits as a number; -1: one of them is no digit. */
int calendar_digits(const char *text, int n);

#endif
