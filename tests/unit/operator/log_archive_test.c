/* tests/unit/operator/log_archive_test.c: archived is what a batch of the log names, and nothing
 * else. */
#include <criterion/criterion.h>

#include "clients/operator/log_archive.h"
#include "signing/format/cbor.h"

/* As ca/archive.h has it, of certificates `first` to `last`. */
static void record_of(int64_t first, int64_t last, struct buf *out)
{
	static const uint8_t digest[32] = {1};

	cbor_put_head(out, CBOR_MAP, 3);
	cbor_put_uint(out, 1);
	cbor_put_uint(out, 1);
	cbor_put_uint(out, 2);
	cbor_put_int(out, 1700000000);
	cbor_put_uint(out, 3);
	cbor_put_head(out, CBOR_ARRAY, (uint64_t)(last - first + 1));
	for (int64_t id = first; id <= last; id++) {
		cbor_put_head(out, CBOR_ARRAY, 8);
		cbor_put_int(out, id);
		cbor_put_int(out, 1);
		cbor_put_bytes(out, SPAN_OF(digest));
		cbor_put_bytes(out, SPAN_OF(digest));
		cbor_put_bytes(out, SPAN_OF(digest));
		cbor_put_int(out, 1600000000);
		cbor_put_int(out, 1650000000);
		cbor_put_int(out, 1600000000);
	}
}

static void say(struct log_archive *a, int64_t batch, int64_t certificate)
{
	log_archive_say(a, &(struct log_archived){batch, certificate, certificate * 2});
}

Test(operator_log_archive, who_is_said_to_be_archived_is_named_by_that_batch)
{
	struct log_archive a = {0};
	AUTO(log_findings) findings = {0};
	AUTO(buf) one = {0}, two = {0};

	record_of(1, 500, &one);
	record_of(501, 600, &two);
	cr_assert(log_archive_prove(&a, 7, buf_span(&one)));
	for (int64_t i = 1; i <= 500; i++)
		say(&a, 7, i);
	say(&a, 8, 501);
	cr_expect(log_archive_lacks(&a), "batch 8 was not read yet");
	cr_assert(log_archive_prove(&a, 8, buf_span(&two)));
	cr_expect_not(log_archive_lacks(&a));
	say(&a, 7, 502); /* it went with the other batch */
	say(&a, 9, 601); /* with none */
	cr_expect_eq(log_archive_settle(&a, &findings), 501);
	cr_assert_eq(findings.count, 2);
	cr_expect_eq(findings.items[0].fault, FAULT_ROW_MISSING);
	cr_expect_eq(findings.items[0].record_id, 502);
	cr_expect_eq(findings.items[1].record_id, 601);
	log_archive_free(&a);
}

Test(operator_log_archive, what_is_no_record_of_a_batch_proves_nothing)
{
	AUTO(buf) good = {0};

	record_of(1, 3, &good);
	for (size_t n = 0; n < good.n; n++) {
		struct log_archive a = {0};

		cr_expect_not(log_archive_prove(&a, 1, span(good.p, n)), "cut at %zu", n);
		log_archive_free(&a);
	}
	for (size_t i = 0; i < 4; i++) {
		struct log_archive a = {0};

		good.p[i] ^= 0x20;
		cr_expect_not(log_archive_prove(&a, 1, buf_span(&good)), "octet %zu", i);
		good.p[i] ^= 0x20;
		log_archive_free(&a);
	}
	buf_put_byte(&good, 0);
	struct log_archive a = {0};
	cr_expect_not(log_archive_prove(&a, 1, buf_span(&good)), "a byte behind it");
	log_archive_free(&a);
}
