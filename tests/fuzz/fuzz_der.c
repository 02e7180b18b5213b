/*
 * DER as strangers send it. DER has one form for each value, so whatever the reader accepts, the
 * writer must write again octet by octet; and an INTEGER or time that we accept, OpenSSL accepts.
 */
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/der.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEPTH_MAX 64

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_uint(struct span whole)
{
	AUTO(buf) again = {0};
	struct span in = whole;
	const uint8_t *p = whole.p;
	ASN1_INTEGER *theirs;
	uint64_t value, their_value;

	if (!der_take_uint(&in, &value))
		return;
	der_put_uint(&again, value);
	must(in.n == 0 && span_equal(buf_span(&again), whole));
	theirs = d2i_ASN1_INTEGER(NULL, &p, (long)whole.n);
	must(theirs && ASN1_INTEGER_get_uint64(&their_value, theirs) && their_value == value);
	ASN1_INTEGER_free(theirs);
}

static void check_oid(struct span body)
{
	AUTO(buf) again = {0};
	char text[1024];

	der_oid_text(body, text, sizeof(text));
	if (strcmp(text, "?") == 0)
		return;
	must(der_oid_from_text(text, &again));
	must(span_equal(buf_span(&again), body));
}

static void check_time(const struct der_item *item)
{
	AUTO(buf) again = {0};
	struct span in = item->whole;
	char text[TIME_TEXT_SIZE];
	struct err err = {0};
	int64_t seconds, back;

	if (!der_take_time(&in, &seconds))
		return;
	must(in.n == 0);
	if (item->tag == DER_UTC_TIME)
		der_put_time(&again, seconds);
	else
		der_put_generalized_time(&again, seconds);
	must(span_equal(buf_span(&again), item->whole));
	time_text(seconds, text);
	must(time_parse(text, &back, &err).ok && back == seconds);
}

static void check_bits(struct span whole)
{
	AUTO(buf) again = {0};
	struct span in = whole, bits;

	if (!der_take_bits(&in, &bits))
		return;
	der_put_bits(&again, bits);
	must(in.n == 0 && span_equal(buf_span(&again), whole));
}

static void check_bool(struct span whole)
{
	AUTO(buf) again = {0};
	struct span in = whole;
	bool value;

	if (!der_take_bool(&in, &value))
		return;
	der_put_bool(&again, value);
	must(in.n == 0 && span_equal(buf_span(&again), whole));
}

static void check_item(const struct der_item *item)
{
	AUTO(buf) put = {0};
	AUTO(buf) begun = {0};
	size_t mark;

	der_put(&put, item->tag, item->body);
	must(span_equal(buf_span(&put), item->whole));
	mark = der_begin(&begun, item->tag);
	buf_put(&begun, item->body);
	der_end(&begun, mark);
	must(span_equal(buf_span(&begun), item->whole));
	check_uint(item->whole);
	check_bits(item->whole);
	check_bool(item->whole);
	check_time(item);
	check_oid(item->body);
}

static void walk(struct span in, int depth)
{
	while (in.n) {
		struct span before = in;
		struct der_item item;

		if (!der_next(&in, &item)) {
			must(in.p == before.p && in.n == before.n);
			return;
		}
		must(item.whole.p == before.p && item.whole.n + in.n == before.n);
		must(item.body.p + item.body.n == item.whole.p + item.whole.n);
		check_item(&item);
		if (item.tag & 0x20 && depth < DEPTH_MAX)
			walk(item.body, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	walk(span(data, size), 0);
	ERR_clear_error();
	return 0;
}
