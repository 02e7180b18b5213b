/* Prometheus text exposition format 0.0.4. */
#include "base/metrics.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct metrics metrics;

static int times(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

Test(base_metrics, values_and_labels)
{
	AUTO(buf) out = {0};
	const char *text;

	metric_add(&metrics, METRIC_CONNECTIONS_ACCEPTED, 2);
	metric_add(&metrics, METRIC_CONNECTIONS_ACCEPTED, 3);
	metric_set(&metrics, METRIC_CONNECTIONS_OPEN, 7);
	metric_add(&metrics, METRIC_CONNECTIONS_OPEN, -1);
	metric_set(&metrics, METRIC_TLS_NOT_AFTER, INT64_C(253402300799));
	metrics_render(&metrics, &out);
	text = buf_cstr(&out);
	cr_assert_not_null(strstr(text, "\nsignet_connections_total{result=\"accepted\"} 5\n"));
	cr_assert_not_null(strstr(text, "\nsignet_connections_total{result=\"limited\"} 0\n"));
	cr_assert_not_null(strstr(text, "\nsignet_connections_open 6\n"));
	cr_assert_not_null(strstr(text, "\nsignet_tls_not_after_seconds 253402300799\n"));
}

Test(base_metrics, each_name_is_described_once_before_its_values)
{
	AUTO(buf) out = {0};
	const char *text, *head;

	metrics_render(&metrics, &out);
	text = buf_cstr(&out);
	cr_assert_eq(times(text, "# HELP signet_connections_total "), 1);
	cr_assert_eq(times(text, "# TYPE signet_connections_total counter\n"), 1);
	cr_assert_eq(times(text, "# TYPE signet_queue_length gauge\n"), 1);
	cr_assert_eq(times(text, "# TYPE signet_request_seconds histogram\n"), 1);
	cr_assert_eq(times(text, "(null)"), 0);
	cr_assert_eq(times(text, "# HELP "), times(text, "# TYPE "));
	head = strstr(text, "# TYPE signet_enrollments_total");
	cr_assert_lt(head, strstr(text, "\nsignet_enrollments_total{"));
}

Test(base_metrics, histogram_buckets_add_up)
{
	AUTO(buf) out = {0};
	const char *text;

	metric_time(&metrics, TIMER_WORKER, 250); /* on its bound: le */
	metric_time(&metrics, TIMER_WORKER, 251);
	metric_time(&metrics, TIMER_WORKER, 7000000); /* past the last */
	metric_time(&metrics, TIMER_WORKER, -5);      /* a clock that stepped */
	metrics_render(&metrics, &out);
	text = buf_cstr(&out);
	cr_assert_not_null(
	    strstr(text, "signet_request_seconds_bucket{place=\"worker\",le=\"0.00025\"} 2\n"));
	cr_assert_not_null(
	    strstr(text, "signet_request_seconds_bucket{place=\"worker\",le=\"0.0005\"} 3\n"));
	cr_assert_not_null(
	    strstr(text, "signet_request_seconds_bucket{place=\"worker\",le=\"5\"} 3\n"));
	cr_assert_not_null(
	    strstr(text, "signet_request_seconds_bucket{place=\"worker\",le=\"+Inf\"} 4\n"));
	cr_assert_not_null(strstr(text, "signet_request_seconds_count{place=\"worker\"} 4\n"));
	cr_assert_not_null(strstr(text, "signet_request_seconds_sum{place=\"worker\"} 7.000501\n"));
	cr_assert_not_null(strstr(text, "signet_request_seconds_count{place=\"loop\"} 0\n"));
}

Test(base_metrics, every_line_has_the_format)
{
	AUTO(buf) out = {0};
	char *line, *rest;

	metrics_render(&metrics, &out);
	buf_cstr(&out);
	cr_assert_eq(out.p[out.n - 1], '\n');
	rest = (char *)out.p;
	while ((line = strsep(&rest, "\n")) != NULL && rest) {
		char name[64];
		long long value;
		char *space = strrchr(line, ' ');

		if (line[0] == '#')
			continue;
		cr_assert_eq(sscanf(line, "%63[a-z_]", name), 1, "%s", line);
		cr_assert_not_null(space);
		cr_assert_eq(sscanf(space, " %lld", &value), 1, "%s", line);
	}
}
