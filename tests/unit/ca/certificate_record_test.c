/* What the log says of a certificate, against what the store says of it. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "ca/certificate_record.h"
#include "signing/format/entry.h"
#include "tests/unit/ca/enroll_scene.h"

TestSuite(ca_certificate_record, .timeout = 60);

/* Put together by hand from RFC 8949. */
Test(ca_certificate_record, is_deterministic_cbor)
{
	const struct certificate_columns columns = {
	    .der = SPAN_LITERAL("\x30\x00"),
	    .authority_id = 1,
	    .product_id = 24,
	    .device_serial = "SN1",
	    .profile_id = 256,
	    .label_id = 65536,
	    .renews = 1LL << 32,
	};
	AUTO(buf) out = {0};
	AUTO(buf) text = {0};

	certificate_record(&columns, &out);
	hex_encode(buf_span(&out), &text);
	cr_expect_str_eq(buf_cstr(&text), "a8"
					  "0102"
					  "02423000"
					  "0301"
					  "041818"
					  "0563534e31"
					  "06190100"
					  "071a00010000"
					  "081b0000000100000000");
}

Test(ca_certificate_record, of_no_device_has_zeros_and_an_empty_serial_number)
{
	const struct certificate_columns columns = {.der = SPAN_LITERAL("D"), .authority_id = 3};
	AUTO(buf) out = {0};
	AUTO(buf) text = {0};

	certificate_record(&columns, &out);
	hex_encode(buf_span(&out), &text);
	cr_expect_str_eq(buf_cstr(&text), "a801020241440303040005600600070008"
					  "00");
}

static struct span hex(const char *text, struct buf *out)
{
	struct err err = {0};

	cr_assert(hex_decode(span_str(text), out, &err).ok);
	return buf_span(out);
}

/* Does the entry of this certificate commit to its row as it stands now? */
static bool log_agrees(struct scene *s, int64_t id)
{
	AUTO(buf) entry_bytes = {0};
	AUTO(buf) salt = {0};
	AUTO(buf) record = {0};
	AUTO(arena) arena = {0};
	struct certificate_columns columns;
	struct entry entry;
	struct err err = {0};
	char query[200];
#define TIED " FROM log_salt JOIN log_entry e ON e.id = entry_id WHERE record_kind = 'certificate'"

	snprintf(query, sizeof query, "SELECT encode(entry, 'hex')" TIED " AND record_id = %lld",
	    (long long)id);
	cr_assert(entry_decode(hex(pg_value(&s->database, query), &entry_bytes), &entry, &err).ok);
	cr_expect_str_eq(entry.kind, "certificate.issued");
	cr_expect_eq(entry.time, s->now);
	snprintf(query, sizeof query, "SELECT encode(salt, 'hex')" TIED " AND record_id = %lld",
	    (long long)id);
	cr_assert_eq(hex(pg_value(&s->database, query), &salt).n, ENTRY_SALT_SIZE);
	cr_assert(certificate_columns_get(s->db, id, &arena, &columns, &err).ok, "%s", err.cause);
	certificate_record(&columns, &record);
	return entry_commits_to(&entry, salt.p, buf_span(&record));
}

/* The device's first, and the renewal of it: ids 1 and 2. */
static void issue_two(struct scene *s)
{
	struct holder device = scene_idevid(s, "X100", "SN1"), ldevid;
	EVP_PKEY *first = pki_key("EC-P256"), *second = pki_key("EC-P256");
	struct answer a = scene_ask(s, &(struct ask){.as = &device, .key = first}), b;

	cr_assert(a.done.ok, "%s", a.err.message);
	ldevid = answer_holder(&a, first);
	b = scene_ask(s, &(struct ask){.reenroll = true, .as = &ldevid, .key = second});
	cr_assert(b.done.ok, "%s", b.err.message);
	answer_free(&b);
	answer_free(&a);
	holder_free(&ldevid);
	holder_free(&device);
	EVP_PKEY_free(first);
	EVP_PKEY_free(second);
}

Test(ca_certificate_record, the_log_entry_commits_to_the_stored_row)
{
	struct scene *s = scene_new();

	issue_two(s);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM certificate"), 2);
	cr_expect(log_agrees(s, 1));
	cr_expect(log_agrees(s, 2), "a renewal");
	scene_free(s);
}

/* Each done to the renewal's row by the superuser: nobody else can. */
static const struct {
	const char *name, *sql;
} tampering[] = {
    {"DER", "UPDATE certificate SET der = set_byte(der, 40, get_byte(der, 40) # 1) WHERE id = 2"},
    {"authority", "UPDATE certificate SET authority_id = 7 WHERE id = 2"},
    {"product", "UPDATE device SET product_id = 2"},
    {"serial number of the device", "UPDATE device SET serial = 'SN2'"},
    {"another device", "UPDATE certificate SET device_id = NULL WHERE id = 2"},
    {"profile", "UPDATE certificate SET profile_id = 2 WHERE id = 2"},
    {"label", "UPDATE certificate SET label_id = 2 WHERE id = 2"},
    {"renews nothing", "UPDATE certificate SET renews = NULL WHERE id = 2"},
    {"renews another", "UPDATE certificate SET renews = 3 WHERE id = 2"},
};

Test(ca_certificate_record, whatever_is_changed_in_the_row_shows)
{
	for (size_t i = 0; i < COUNT(tampering); i++) {
		struct scene *s = scene_new();

		issue_two(s);
		pg_exec(&s->database, tampering[i].sql);
		cr_expect_not(log_agrees(s, 2), "%s", tampering[i].name);
		scene_free(s);
	}
}
