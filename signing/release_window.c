/* signing/release_window.c: see release_window.h. */
#include "signing/release_window.h"

#define DAY           INT64_C(86400)
#define WEEK          7
#define FIRST_WEEKDAY 3 /* 1970-01-01 was a Thursday; Monday is 0 */

static int64_t day_of(int64_t now)
{
	return now / DAY;
}

static bool has_day(const struct release_window *w, int64_t day)
{
	return w->days >> ((day + FIRST_WEEKDAY) % WEEK) & 1;
}

bool release_window_open(const struct channel *channel, int64_t now)
{
	const struct release_window *rows = channel->windows.items;
	const int64_t minute = now % DAY / 60;

	for (size_t i = 0; i < channel->windows.count; i++)
		if (has_day(&rows[i], day_of(now)) && rows[i].from_minute <= minute &&
		    minute < rows[i].to_minute)
			return true;
	return channel->windows.count == 0;
}

int64_t release_window_next(const struct channel *channel, int64_t now)
{
	const struct release_window *rows = channel->windows.items;
	int64_t next = INT64_MAX;

	if (channel->windows.count == 0)
		return now;
	for (size_t i = 0; i < channel->windows.count; i++)
		for (int64_t day = day_of(now); day <= day_of(now) + WEEK; day++) {
			const int64_t begins = day * DAY + rows[i].from_minute * INT64_C(60);

			if (has_day(&rows[i], day) && begins > now && begins < next)
				next = begins;
		}
	return next;
}
