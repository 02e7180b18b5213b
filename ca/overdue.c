/* ca/overdue.c: see overdue.h. */
#include "ca/overdue.h"

#include "base/encode.h"
#include "base/json.h"
#include "ca/act.h"
#include "ca/renewal.h"
#include "sql/overdue.h"

#define PAGE 1000

/* One label in one go. */
struct search {
	struct db *db;
	const struct label *label;
	int64_t now;
	const struct rng *rng;
	struct overdue_mark mark;
	int64_t singles;                               /* alarms of their own */
	int64_t rest, first_not_after, last_not_after; /* of those that got none */
	struct overdue_found *found;
};

static struct status raise(struct search *s, int64_t device_id, struct buf *detail, struct err *err)
{
	AUTO(log_line) line = {0};
	int64_t id;

	TRY(log_line_make("alarm.overdue", s->now, s->rng, buf_span(detail), &line, err));
	TRY(overdue_alarm(s->db, s->now, device_id, buf_cstr(detail), &id, err));
	s->found->alarms++;
	return sql_log_append(s->db, &line, "alarm", id, err);
}

static void begin_detail(const struct search *s, struct json *j)
{
	json_object_begin(j, NULL);
	json_str(j, "kind", "overdue");
	json_int(j, "at", s->now);
	json_str(j, "label", s->label->name);
}

static struct status raise_one(struct search *s, const struct overdue_row *row, struct err *err)
{
	AUTO(buf) detail = {0};
	AUTO(buf) serial = {0};
	struct json j = {.out = &detail};

	hex_encode(row->serial, &serial);
	begin_detail(s, &j);
	json_str(&j, "product", row->product);
	json_str(&j, "serial", row->device_serial);
	json_int(&j, "certificate", row->id);
	json_span(&j, "serial_number", buf_span(&serial));
	json_int(&j, "not_after", row->not_after);
	json_object_end(&j);
	s->singles++;
	return raise(s, row->device_id, &detail, err);
}

static struct status raise_rest(struct search *s, struct err *err)
{
	AUTO(buf) detail = {0};
	struct json j = {.out = &detail};

	if (s->rest == 0)
		return STATUS_OK;
	begin_detail(s, &j);
	json_int(&j, "more_certificates", s->rest);
	json_int(&j, "first_not_after", s->first_not_after);
	json_int(&j, "last_not_after", s->last_not_after);
	json_object_end(&j);
	return raise(s, 0, &detail, err);
}

static struct status see(struct search *s, const struct overdue_row *row, struct err *err)
{
	s->mark = (struct overdue_mark){row->not_after, row->id};
	if (!row->overdue)
		return STATUS_OK;
	s->found->certificates++;
	if (s->singles < OVERDUE_ALARMS_MAX)
		return raise_one(s, row, err);
	if (s->rest++ == 0)
		s->first_not_after = row->not_after;
	s->last_not_after = row->not_after;
	return STATUS_OK;
}

static struct status see_page(struct search *s, int64_t until, size_t *ret_count, struct err *err)
{
	AUTO(arena) arena = {0};
	struct overdue_row *rows;

	TRY(overdue_page(
	    s->db, s->label->id, &s->mark, until, PAGE, &arena, &rows, ret_count, err));
	for (size_t i = 0; i < *ret_count; i++)
		TRY(see(s, &rows[i], err));
	return STATUS_OK;
}

/* Not what ends soon, but what is closer to its end than the label lets pass. */
static int64_t horizon(const struct search *s)
{
	const struct renewal_window w = renewal_window(s->label, 0, s->now);

	return s->now + (s->now - w.overdue);
}

static struct status search_label(struct search *s, struct err *err)
{
	const int64_t until = horizon(s);
	size_t count = PAGE;

	TRY(overdue_mark_get(s->db, s->label->id, s->now, &s->mark, err));
	for (int64_t looked = 0; count == PAGE; looked += PAGE) {
		if (looked == OVERDUE_LOOKED_MAX) {
			s->found->more = true;
			break;
		}
		TRY(see_page(s, until, &count, err));
	}
	TRY(raise_rest(s, err));
	return overdue_mark_put(s->db, s->label->id, &s->mark, err);
}

struct status overdue_find(struct db *db, const struct policy *policy, int64_t now,
    const struct rng *rng, struct overdue_found *ret_found, struct err *err)
{
	*ret_found = (struct overdue_found){0};
	for (size_t i = 0; i < policy->label_count; i++) {
		struct search s = {.db = db,
		    .label = &policy->labels[i],
		    .now = now,
		    .rng = rng,
		    .found = ret_found};

		TRY(search_label(&s, err));
	}
	return STATUS_OK;
}
