/* base/metrics.c: counters for Prometheus. */
#include "base/metrics.h"

#include <inttypes.h>
#include <string.h>

enum metric_kind {
	COUNTER,
	GAUGE
};

static const struct {
	const char *name, *labels;
	enum metric_kind kind;
	const char *help;
} metric_rows[] = {
#define METRIC_ROW(id, name, labels, kind, help) [METRIC_##id] = {name, labels, kind, help},
    METRICS(METRIC_ROW)
#undef METRIC_ROW
};

/* What an enrollment takes is 1 ms of CPU, what a slow disk or token adds is up to seconds. */
static const struct {
	int64_t us;
	const char *seconds;
} timer_bounds[TIMER_BUCKETS] = {
    {250, "0.00025"},
    {500, "0.0005"},
    {1000, "0.001"},
    {2500, "0.0025"},
    {5000, "0.005"},
    {10000, "0.01"},
    {25000, "0.025"},
    {50000, "0.05"},
    {100000, "0.1"},
    {500000, "0.5"},
    {1000000, "1"},
    {5000000, "5"},
};

static const char *const timer_places[TIMER_COUNT] = {
    [TIMER_LOOP] = "loop",
    [TIMER_WORKER] = "worker",
};

/* Relaxed throughout: a scrape wants numbers, not an order between them. */
void metric_add(struct metrics *m, enum metric id, int64_t n)
{
	atomic_fetch_add_explicit(&m->values[id], n, memory_order_relaxed);
}

void metric_set(struct metrics *m, enum metric id, int64_t value)
{
	atomic_store_explicit(&m->values[id], value, memory_order_relaxed);
}

void metric_time(struct metrics *m, enum metric_timer timer, int64_t microseconds)
{
	size_t i = 0;

	if (microseconds < 0)
		microseconds = 0;
	while (i < TIMER_BUCKETS && microseconds > timer_bounds[i].us)
		i++;
	atomic_fetch_add_explicit(&m->buckets[timer][i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->sum_us[timer], microseconds, memory_order_relaxed);
}

static int64_t load(const atomic_int_fast64_t *value)
{
	return atomic_load_explicit(value, memory_order_relaxed);
}

static void put_row(const struct metrics *m, size_t i, struct buf *out)
{
	const char *labels = metric_rows[i].labels;

	buf_printf(out, "%s%s%s%s %" PRId64 "\n", metric_rows[i].name, labels[0] ? "{" : "", labels,
	    labels[0] ? "}" : "", load(&m->values[i]));
}

static void put_timer(const struct metrics *m, enum metric_timer t, struct buf *out)
{
	const char *place = timer_places[t];
	int64_t sum = load(&m->sum_us[t]), count = 0;

	for (size_t i = 0; i < TIMER_BUCKETS; i++) {
		count += load(&m->buckets[t][i]);
		buf_printf(out,
		    "signet_request_seconds_bucket{place=\"%s\",le=\"%s\"} %" PRId64 "\n", place,
		    timer_bounds[i].seconds, count);
	}
	count += load(&m->buckets[t][TIMER_BUCKETS]);
	buf_printf(out, "signet_request_seconds_bucket{place=\"%s\",le=\"+Inf\"} %" PRId64 "\n",
	    place, count);
	buf_printf(out, "signet_request_seconds_sum{place=\"%s\"} %" PRId64 ".%06" PRId64 "\n",
	    place, sum / 1000000, sum % 1000000);
	buf_printf(out, "signet_request_seconds_count{place=\"%s\"} %" PRId64 "\n", place, count);
}

void metrics_render(const struct metrics *m, struct buf *out)
{
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		const char *name = metric_rows[i].name;

		if (i == 0 || strcmp(name, metric_rows[i - 1].name) != 0)
			buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, metric_rows[i].help,
			    name, metric_rows[i].kind == GAUGE ? "gauge" : "counter");
		put_row(m, i, out);
	}
	buf_put_str(out, "# HELP signet_request_seconds time from a request's head to its answer\n"
			 "# TYPE signet_request_seconds histogram\n");
	for (enum metric_timer t = 0; t < TIMER_COUNT; t++)
		put_timer(m, t, out);
}
