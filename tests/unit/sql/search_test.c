/* tests/unit/sql/search_test.c: whatever a list is filtered by, its pages together are what there
 * is. */
#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "sql/certificate_view.h"
#include "sql/device_view.h"
#include "sql/list_internal.h"
#include "tests/lib/pg.h"

/* More than a page looks at, so that pages are short; every status, label, batch and product. */
static const char fill[] =
    "INSERT INTO product (name, manufacturer, model, spec, version) "
    "SELECT 'p' || n, 'M', 'P' || n, '{}', 1 FROM generate_series(1, 4) n;"
    "INSERT INTO authority (name, certificate, subject, ski, chain, spec, version) "
    "SELECT 'a' || n, '\\x00', '\\x00', '\\x00', '{}', '{}', 1 FROM generate_series(1, 2) n;"
    "INSERT INTO device (product_id, serial, state, batch, created_at, first_enrolled_at) "
    "SELECT 1 + n % 4, 'S' || n % 900, (ARRAY['made', 'enrolled', 'suspended'])[1 + n % 3], "
    "CASE WHEN n % 5 > 0 THEN 'b' || n % 5 END, to_timestamp(1700000000 + n * 60), "
    "CASE WHEN n % 7 > 0 THEN to_timestamp(1800000000 - n * 60) END FROM generate_series(1, 3000) n "
    "ON CONFLICT DO NOTHING;"
    "INSERT INTO certificate (authority_id, serial, device_id, product_id, label_id, key_digest, subject, "
    "subject_text, not_before, not_after, der, issued_at) "
    "SELECT 1 + n % 2, int8send(n), d.id, coalesce(d.product_id, 0), 1 + n % 3, sha256(int8send(n / 2)), "
    "'\\x3000', 'CN=' || n % 50, now(), to_timestamp(1900000000 + n % 300 * 86400), '\\x3000', "
    "to_timestamp(1700000000 + n * 60) "
    "FROM generate_series(1, 5000) n LEFT JOIN device d ON d.id = n % 2500;"
    "INSERT INTO public_key (digest, device_id, kind) "
    "SELECT DISTINCT ON (key_digest) key_digest, device_id, 'ldevid' FROM certificate "
    "WHERE device_id IS NOT NULL ORDER BY key_digest, id;"
    "INSERT INTO revocation (authority_id, serial, certificate_id, shard, reason, revoked_at, not_after, "
    "sequence, resumed_at) SELECT authority_id, serial, id, 0, CASE id % 3 WHEN 0 THEN 1 ELSE 6 END, now(), "
    "not_after, id, CASE id % 3 WHEN 1 THEN now() END FROM certificate WHERE id % 4 = 0;"
    "ANALYZE";

/* ---- certificates ---- */

static const int64_t two[] = {2, 4};
static const uint8_t number[] = {0, 0, 0, 0, 0, 0, 0, 7};

struct choice {
	const char *condition; /* the same in SQL; NULL: none */
	void (*set)(struct certificate_filter *f);
};
static void all(struct certificate_filter *f)
{
	f->scope.all = true;
}
static void some(struct certificate_filter *f)
{
	f->scope = (struct scope){.ids = two, .count = 2};
}
static void nothing(struct certificate_filter *f)
{
	(void)f;
}
static void authority(struct certificate_filter *f)
{
	f->authority_id = 2;
}
static void label(struct certificate_filter *f)
{
	f->label_id = 3;
}
static void batch(struct certificate_filter *f)
{
	f->batch = "b2";
}
static void good(struct certificate_filter *f)
{
	f->status = "good";
}
static void held(struct certificate_filter *f)
{
	f->status = "held";
}
static void revoked(struct certificate_filter *f)
{
	f->status = "revoked";
}
static void issued(struct certificate_filter *f)
{
	f->issued_after = 1700000000 + 900 * 60;
	f->issued_before = 1700000000 + 4200 * 60;
}
static void ends(struct certificate_filter *f)
{
	f->expires_after = 1900000000 + 40 * 86400;
	f->expires_before = 1900000000 + 200 * 86400;
}
static void serial(struct certificate_filter *f)
{
	f->device_serial = "S42";
}
static void subject(struct certificate_filter *f)
{
	f->subject = "CN=7";
}
static void numbered(struct certificate_filter *f)
{
	f->serial = SPAN_OF(number);
}

static const struct choice scopes[] = {{NULL, all}, {"c.product_id IN (2, 4)", some}};
static const struct choice authorities[] = {{NULL, nothing}, {"c.authority_id = 2", authority}};
static const struct choice labels[] = {{NULL, nothing}, {"c.label_id = 3", label}};
static const struct choice batches[] = {{NULL, nothing}, {"d.batch = 'b2'", batch}};
static const struct choice states[] = {
    {NULL, nothing}, {"r.id IS NULL", good}, {"r.reason = 6", held}, {"r.reason = 1", revoked}};
static const struct choice times[] = {{NULL, nothing},
    {"c.issued_at >= to_timestamp(1700054000) AND c.issued_at < to_timestamp(1700252000)", issued},
    {"c.not_after >= to_timestamp(1903456000) AND c.not_after < to_timestamp(1917280000)", ends}};
static const struct choice narrow[] = {{NULL, nothing}, {"d.serial = 'S42'", serial},
    {"c.subject_text = 'CN=7'", subject}, {"c.serial = int8send(7)", numbered}};

static const struct {
	const struct choice *choices;
	size_t count;
} axes[] = {{scopes, COUNT(scopes)}, {authorities, COUNT(authorities)}, {labels, COUNT(labels)},
    {batches, COUNT(batches)}, {states, COUNT(states)}, {times, COUNT(times)},
    {narrow, COUNT(narrow)}};

/* The combination of this number, as filter and as SQL. False: there are no more. */
static bool combination(size_t n, struct certificate_filter *f, struct buf *where)
{
	*f = (struct certificate_filter){.limit = 40};
	buf_reset(where);
	buf_put_str(where, "true");
	for (size_t i = 0; i < COUNT(axes); i++) {
		const struct choice *c = &axes[i].choices[n % axes[i].count];

		n /= axes[i].count;
		c->set(f);
		if (c->condition)
			buf_printf(where, " AND %s", c->condition);
	}
	return n == 0;
}

static bool in_order(const struct certificate_filter *f, const struct certificate_row *a,
    const struct certificate_row *b)
{
	switch (certificate_order(f)) {
	case CERTIFICATE_NEWEST: return a->id > b->id;
	case CERTIFICATE_BY_END:
		return a->not_after != b->not_after ? a->not_after < b->not_after : a->id < b->id;
	case CERTIFICATE_BY_DEVICE:
		return a->device_id != b->device_id ? a->device_id > b->device_id : a->id > b->id;
	}
	return false;
}

/* All pages: how many rows, each behind the one before; a sum that only the same rows have. */
static void walk(struct db *db, struct certificate_filter *f, const char *name,
    long long *ret_count, long long *ret_sum)
{
	struct list_next next = {.more = true};
	struct certificate_row last = {0};

	*ret_count = *ret_sum = 0;
	for (int pages = 0; next.more; pages++) {
		AUTO(arena) arena = {0};
		struct certificate_row *rows;
		struct err err = {0};
		size_t n;

		cr_assert(pages < 200, "%s does not end", name);
		cr_assert(certificate_list(db, f, &arena, &rows, &n, &next, &err).ok, "%s: %s %s",
		    name, err.message, err.cause);
		cr_assert(n <= 40);
		for (size_t i = 0; i < n; i++) {
			cr_assert(!last.id || in_order(f, &last, &rows[i]), "%s: order", name);
			last = rows[i];
			*ret_sum += rows[i].id * rows[i].id;
		}
		*ret_count += (long long)n;
		f->after = next.place;
	}
}

Test(sql_search, pages_of_every_combination_are_all_that_there_is, .timeout = 600)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = NULL;
	AUTO(buf) where = {0};
	AUTO(buf) sql = {0};
	struct certificate_filter f;
	size_t found = 0;

	pg_exec(&d, fill);
	db = pg_open(&d);
	for (size_t n = 0; combination(n, &f, &where); n++) {
		long long count, sum;

		walk(db, &f, buf_cstr(&where), &count, &sum);
		buf_reset(&sql);
		buf_printf(&sql,
		    "SELECT count(*) * 1000000000 + coalesce(sum(c.id::numeric * c.id), 0) %% 1000000000 "
		    "FROM certificate c LEFT JOIN device d ON d.id = c.device_id "
		    "LEFT JOIN (SELECT certificate_id AS id, reason FROM revocation WHERE resumed_at IS NULL) r "
		    "ON r.id = c.id WHERE %s",
		    buf_cstr(&where));
		cr_assert_eq(pg_number(&d, buf_cstr(&sql)), count * 1000000000 + sum % 1000000000,
		    "%s: %lld rows", buf_cstr(&where), count);
		found += count > 0;
	}
	cr_expect(found > 100, "%zu combinations find something", found);
	pg_database_drop(&d);
}

Test(sql_search, a_key_finds_its_certificates_and_its_device, .timeout = 60)
{
	struct pg_database d = pg_database_new(true);
	AUTO(arena) arena = {0};
	struct list_next next;
	struct certificate_row *rows;
	struct device_row *devices;
	struct err err = {0};
	size_t n;

	pg_exec(&d, fill);
	AUTO_REF(db) db = pg_open(&d);
	const struct digest key = sha256(SPAN_LITERAL("\0\0\0\0\0\0\0\11"));
	const struct certificate_filter f = {
	    .scope.all = true, .key = SPAN_OF(key.bytes), .limit = 10};
	const struct device_filter g = {.scope.all = true, .key = SPAN_OF(key.bytes), .limit = 10};

	cr_assert(certificate_list(db, &f, &arena, &rows, &n, &next, &err).ok, "%s", err.message);
	/* Two certificates have it, of two devices; the key is the first one's. */
	cr_expect_eq(n, 1);
	cr_expect_not(next.more);
	cr_assert(device_list(db, &g, &arena, &devices, &n, &next, &err).ok, "%s", err.message);
	cr_expect_eq(n, 1);
	pg_database_drop(&d);
}

Test(sql_search, devices_by_batch_state_and_time, .timeout = 120)
{
	static const struct {
		struct device_filter filter;
		const char *condition;
	} cases[] = {
	    {{.batch = "b2"}, "batch = 'b2'"},
	    {{.batch = "b2", .state = "made"}, "batch = 'b2' AND state = 'made'"},
	    {{.state = "enrolled"}, "state = 'enrolled'"},
	    {{.serial = "S42"}, "serial = 'S42'"},
	    {{.enrolled_after = 1799900000}, "first_enrolled_at >= to_timestamp(1799900000)"},
	    {{.enrolled_before = 1799900000, .state = "made"},
		"first_enrolled_at < to_timestamp(1799900000) AND state = 'made'"},
	    {{.made_after = 1700060000, .made_before = 1700120000},
		"created_at >= to_timestamp(1700060000) AND created_at < to_timestamp(1700120000)"},
	    {{.limit = 0}, "true"},
	};
	struct pg_database d = pg_database_new(true);

	pg_exec(&d, fill);
	AUTO_REF(db) db = pg_open(&d);
	for (size_t i = 0; i < COUNT(cases) * 2; i++) {
		struct device_filter f = cases[i / 2].filter;
		struct list_next next = {.more = true};
		char sql[300];
		long long count = 0;

		f.limit = 30;
		f.scope =
		    i % 2 ? (struct scope){.ids = two, .count = 2} : (struct scope){.all = true};
		for (int pages = 0; next.more; pages++) {
			AUTO(arena) arena = {0};
			struct device_row *rows;
			struct err err = {0};
			size_t n;

			cr_assert(pages < 300);
			cr_assert(device_list(db, &f, &arena, &rows, &n, &next, &err).ok, "%s %s",
			    err.message, err.cause);
			count += (long long)n;
			f.after = next.place;
		}
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM device WHERE %s%s",
		    cases[i / 2].condition, i % 2 ? " AND product_id IN (2, 4)" : "");
		cr_expect_eq(pg_number(&d, sql), count, "%s: %lld", sql, count);
	}
	pg_database_drop(&d);
}
