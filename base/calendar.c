/* base/calendar.c: days since 1970 to dates and back, by eras of 400 years. */
#include "base/calendar.h"

#include <stdio.h>
#include <string.h>

#define DAY          INT64_C(86400)
#define ERA_DAYS     INT64_C(146097)         /* days in 400 years */
#define EPOCH_DAYS   INT64_C(719468)         /* from 0000-03-01 to 1970-01-01 */
#define SECONDS_LOW  (-INT64_C(62167219200)) /* 0000-01-01T00:00:00Z */
#define SECONDS_HIGH INT64_C(253402300799)   /* 9999-12-31T23:59:59Z */

struct calendar calendar_of(int64_t seconds)
{
	int64_t days, rest, era, day_of_era, year_of_era, day_of_year, month;
	struct calendar c;

	if (seconds < SECONDS_LOW)
		seconds = SECONDS_LOW;
	if (seconds > SECONDS_HIGH)
		seconds = SECONDS_HIGH;
	/* Count from a March: the day that comes and goes is then the last of its year. */
	days = seconds + EPOCH_DAYS * DAY + ERA_DAYS * DAY;
	rest = days % DAY;
	days /= DAY;
	era = days / ERA_DAYS;
	day_of_era = days % ERA_DAYS;
	year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	month = (5 * day_of_year + 2) / 153; /* 0 is March */
	c.day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	c.month = (int)(month < 10 ? month + 3 : month - 9);
	c.year = (int)(year_of_era + (era - 1) * 400 + (c.month <= 2));
	c.hour = (int)(rest / 3600);
	c.minute = (int)(rest / 60 % 60);
	c.second = (int)(rest % 60);
	return c;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

bool calendar_seconds(const struct calendar *c, int64_t *ret_seconds)
{
	int64_t year, era, year_of_era, day_of_year, days;

	if (c->year < 0 || c->year > 9999 || c->month < 1 || c->month > 12 || c->day < 1 ||
	    c->day > days_in_month(c->year, c->month))
		return false;
	if (c->hour < 0 || c->hour > 23 || c->minute < 0 || c->minute > 59 || c->second < 0 ||
	    c->second > 59)
		return false;
	year = c->year - (c->month <= 2) + 400; /* one era more: never negative */
	era = year / 400;
	year_of_era = year % 400;
	day_of_year = (153 * (c->month + (c->month > 2 ? -3 : 9)) + 2) / 5 + c->day - 1;
	days = (era - 1) * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - EPOCH_DAYS;
	*ret_seconds = days * DAY + c->hour * 3600 + c->minute * 60 + c->second;
	return true;
}

int calendar_digits(const char *text, int n)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

void http_date_text(int64_t seconds, char text[static HTTP_DATE_SIZE])
{
	static const char days[][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	static const char months[][4] = {
	    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct calendar c = calendar_of(seconds);
	/* 0000-01-01 was a Saturday. */
	int64_t since = seconds < SECONDS_LOW ? 0 : (seconds - SECONDS_LOW) / DAY;
	char room[64];

	snprintf(room, sizeof(room), "%s, %02d %s %04d %02d:%02d:%02d GMT", days[(since + 5) % 7],
	    c.day, months[c.month - 1], c.year, c.hour, c.minute, c.second);
	memcpy(text, room, HTTP_DATE_SIZE);
}
