/* base/clock.c: the system's time and randomness. */
#include "base/clock.h"

#include <limits.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/calendar.h"

static int64_t clock_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t monotonic_ms(void)
{
	return clock_us(CLOCK_MONOTONIC) / 1000;
}

int64_t monotonic_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

int64_t realtime_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

static int64_t system_now(void *context)
{
	(void)context;
	return clock_us(CLOCK_REALTIME) / 1000000;
}

struct clock clock_system(void)
{
	return (struct clock){system_now, NULL};
}

static struct status system_fill(void *context, uint8_t *p, size_t n, struct err *err)
{
	(void)context;
	while (n) {
		int part = n < INT_MAX ? (int)n : INT_MAX;

		if (RAND_priv_bytes(p, part) != 1)
			return err_crypto(err, ERR_INTERNAL, "no randomness to be had");
		p += part;
		n -= (size_t)part;
	}
	return STATUS_OK;
}

struct rng rng_system(void)
{
	return (struct rng){system_fill, NULL};
}

static void put_digits(char *text, int value, int n)
{
	while (n--) {
		text[n] = (char)('0' + value % 10);
		value /= 10;
	}
}

void time_text(int64_t seconds, char text[static TIME_TEXT_SIZE])
{
	struct calendar c = calendar_of(seconds);

	memcpy(text, "0000-00-00T00:00:00Z", 21);
	put_digits(text, c.year, 4);
	put_digits(text + 5, c.month, 2);
	put_digits(text + 8, c.day, 2);
	put_digits(text + 11, c.hour, 2);
	put_digits(text + 14, c.minute, 2);
	put_digits(text + 17, c.second, 2);
}

static bool time_shape(const char *text)
{
	static const char shape[] = "0000-00-00T00:00:00Z";

	if (strlen(text) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < sizeof(shape) - 1; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';

		if (shape[i] == '0' ? !digit : text[i] != shape[i])
			return false;
	}
	return true;
}

struct status time_parse(const char *text, int64_t *ret_seconds, struct err *err)
{
	struct calendar c;

	if (!time_shape(text))
		return err_set(
		    err, ERR_INPUT, "time '%.40s' is not of the shape 2026-11-23T01:13:28Z", text);
	c = (struct calendar){
	    .year = calendar_digits(text, 4),
	    .month = calendar_digits(text + 5, 2),
	    .day = calendar_digits(text + 8, 2),
	    .hour = calendar_digits(text + 11, 2),
	    .minute = calendar_digits(text + 14, 2),
	    .second = calendar_digits(text + 17, 2),
	};
	if (!calendar_seconds(&c, ret_seconds))
		return err_set(err, ERR_INPUT, "time '%.40s': there is no such date or hour", text);
	return STATUS_OK;
}
