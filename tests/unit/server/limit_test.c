#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "server/limit.h"

static struct sockaddr_storage address_of(const char *text)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr_storage s = {0};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		memcpy(&s, &v4, sizeof(v4));
	else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		memcpy(&s, &v6, sizeof(v6));
	else
		cr_assert_fail("%s is no address", text);
	return s;
}

static bool take(struct limiter *l, const char *text, int64_t now_ms)
{
	struct sockaddr_storage s = address_of(text);

	return limiter_take(l, (struct sockaddr *)&s, now_ms);
}

static int take_all(struct limiter *l, const char *text, int64_t now_ms)
{
	int n = 0;

	while (n < 1000 && take(l, text, now_ms))
		n++;
	return n;
}

Test(server_limit, a_burst_passes_then_the_rate)
{
	struct limiter *l = limiter_new(10, 25, 1);

	cr_expect_eq(take_all(l, "192.0.2.1", 0), 25);
	cr_expect_eq(take_all(l, "192.0.2.1", 99), 0);
	cr_expect_eq(take_all(l, "192.0.2.1", 1000), 10);
	cr_expect_eq(take_all(l, "192.0.2.1", 1000000), 25, "never more than the burst");
	limiter_free(l);
}

Test(server_limit, a_clock_that_stands_still_gives_nothing)
{
	struct limiter *l = limiter_new(10, 5, 1);

	cr_expect_eq(take_all(l, "192.0.2.1", 5000), 5);
	cr_expect_eq(take_all(l, "192.0.2.1", 5000), 0);
	cr_expect_eq(take_all(l, "192.0.2.1", 4000), 0, "nor one that goes back");
	limiter_free(l);
}

struct pair {
	const char *name, *a, *b;
	bool shared;
};

static const struct pair pairs[] = {
    {"two IPv4", "192.0.2.1", "192.0.2.2", false},
    {"one IPv6 subscriber", "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true},
    {"two IPv6 subscribers", "2001:db8:1:2::1", "2001:db8:1:3::1", false},
    {"mapped IPv4", "::ffff:192.0.2.1", "192.0.2.1", true},
    {"IPv4 and the IPv6 of its bits", "192.0.2.1", "::c000:201", false},
};

Test(server_limit, whoever_shares_a_line_shares_a_bucket)
{
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct limiter *l = limiter_new(1, 3, 7);

		cr_assert_eq(take_all(l, pairs[i].a, 0), 3);
		cr_expect_eq(
		    take_all(l, pairs[i].b, 0), pairs[i].shared ? 0 : 3, "%s", pairs[i].name);
		limiter_free(l);
	}
}

Test(server_limit, rate_0_is_no_limit)
{
	struct limiter *l = limiter_new(0, 1, 1);

	cr_expect_eq(take_all(l, "192.0.2.1", 0), 1000);
	limiter_free(l);
}

/* A hundred thousand addresses do not grow the table, and the one that floods stays limited. */
Test(server_limit, a_flood_of_addresses_forgives_nobody_who_is_drained)
{
	struct limiter *l = limiter_new(1, 10, 99);
	char text[32];
	int forgiven = 0;

	cr_assert_eq(take_all(l, "198.51.100.7", 0), 10);
	for (int i = 0; i < 100000; i++) {
		snprintf(text, sizeof(text), "10.%d.%d.%d", i >> 16 & 255, i >> 8 & 255, i & 255);
		cr_assert(take(l, text, 0));
		forgiven += take(l, "198.51.100.7", 0);
	}
	cr_expect_eq(forgiven, 0);
	limiter_free(l);
}

Test(server_limit, other_kinds_of_address_pass)
{
	struct limiter *l = limiter_new(1, 1, 1);
	struct sockaddr_storage s = {.ss_family = AF_UNIX};

	for (int i = 0; i < 5; i++)
		cr_expect(limiter_take(l, (struct sockaddr *)&s, 0));
	limiter_free(l);
}

static bool share(struct shares *s, const char *text)
{
	struct sockaddr_storage a = address_of(text);

	return shares_take(s, (struct sockaddr *)&a);
}

static void give_back(struct shares *s, const char *text)
{
	struct sockaddr_storage a = address_of(text);

	shares_drop(s, (struct sockaddr *)&a);
}

Test(server_limit, an_address_has_its_share_of_the_queue)
{
	struct shares *s = shares_new(2, 5, 1);

	cr_expect(share(s, "192.0.2.1") && share(s, "192.0.2.1"));
	cr_expect_not(share(s, "192.0.2.1"));
	cr_expect(share(s, "192.0.2.2"), "others are not touched");
	cr_expect(share(s, "2001:db8::1") && share(s, "2001:db8::2"));
	cr_expect_not(share(s, "2001:db8::3"), "one /64 is one");
	give_back(s, "192.0.2.1");
	cr_expect(share(s, "192.0.2.1"));
	cr_expect_not(share(s, "192.0.2.1"));
	shares_free(s);
}

Test(server_limit, shares_given_back_make_room)
{
	struct shares *s = shares_new(1, 3, 1);
	char text[32];

	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "192.0.%d.%d", i / 250, i % 250);
		cr_assert(share(s, text), "%s", text);
		give_back(s, text);
	}
	shares_free(s);
}

Test(server_limit, zero_is_no_limit_of_shares)
{
	struct shares *s = shares_new(0, 1, 1);

	for (int i = 0; i < 10; i++)
		cr_expect(share(s, "192.0.2.1"));
	give_back(s, "192.0.2.1");
	shares_free(s);
}
