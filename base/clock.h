/* base/clock.h: time and randomness, passed in so that tests can set them. */
#ifndef SIGNET_BASE_CLOCK_H
#define SIGNET_BASE_CLOCK_H

#include "base/err.h"
#include "base/span.h"

struct clock {
	int64_t (*now)(void *context); /* seconds since 1970, UTC */
	void *context;
};

struct clock clock_system(void);
static inline int64_t clock_now(const struct clock *c)
{
	return c->now(c->context);
}

int64_t monotonic_ms(void); /* milliseconds since some start; for deadlines */
int64_t monotonic_us(void);
int64_t realtime_us(void); /* microseconds since 1970 */

struct rng {
	struct status (*fill)(void *context, uint8_t *p, size_t n, struct err *err);
	void *context;
};

struct rng rng_system(void); /* OpenSSL's private generator */
static inline struct status rng_fill(const struct rng *r, uint8_t *p, size_t n, struct err *err)
{
	return r->fill(r->context, p, n, err);
}

/* "2026-11-23T01:13:28Z"; text holds 21 characters. Years up to 9999. */
#define TIME_TEXT_SIZE 32
void time_text(int64_t seconds, char text[static TIME_TEXT_SIZE]);
/* Back again. ERR_INPUT. */
struct status time_parse(const char *text, int64_t *ret_seconds, struct err *err);

#endif
