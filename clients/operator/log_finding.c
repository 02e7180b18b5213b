/* clients/operator/log_finding.c: see log_finding.h. */
#include "clients/operator/log_finding.h"

#include <inttypes.h>
#include <stdlib.h>

static const struct {
	const char *name;  /* for machines */
	const char *title; /* for people */
} faults[FAULT_COUNT] = {
    [FAULT_ROW_CHANGED] = {"row-changed", "row changed"},
    [FAULT_ROW_MISSING] = {"row-missing", "row missing"},
    [FAULT_ROW_WITHOUT_ENTRY] = {"row-without-entry", "row without entry"},
    [FAULT_ENTRY_DELETED] = {"entry-deleted", "entry deleted"},
    [FAULT_ENTRY_CHANGED] = {"entry-changed", "entry changed"},
    [FAULT_ENTRIES_SWAPPED] = {"entries-swapped", "entries swapped"},
    [FAULT_ENTRY_UNTIED] = {"entry-untied", "entry untied"},
    [FAULT_FILE_MISSING] = {"file-missing", "published file missing"},
    [FAULT_TILE_WRONG] = {"tile-wrong", "published tile wrong"},
    [FAULT_LOG_FORKED] = {"log-forked", "log forked"},
    [FAULT_LOG_ROLLED_BACK] = {"log-rolled-back", "log rolled back"},
    [FAULT_LOG_RENAMED] = {"log-renamed", "log renamed"},
    [FAULT_NOT_COSIGNED] = {"not-cosigned", "checkpoint not cosigned"},
};

void log_found(struct log_findings *f, const struct log_finding *finding)
{
	struct log_finding *item;

	if (f->count == FINDINGS_MAX) {
		f->more++;
		return;
	}
	if (!f->items)
		f->items = mem_array(FINDINGS_MAX, sizeof(*f->items));
	item = &f->items[f->count++];
	*item = *finding;
	item->detail = arena_strdup(&f->arena, finding->detail ? finding->detail : "");
	if (finding->record_kind)
		item->record_kind = arena_strdup(&f->arena, finding->record_kind);
	if (finding->name)
		item->name = arena_strdup(&f->arena, finding->name);
}

void log_mismatched(struct log_findings *f, struct log_mismatches *list, int64_t index,
    const struct merkle_hash *expected, const struct merkle_hash *found)
{
	if (list->count == MISMATCHES_MAX) {
		f->more++;
		return;
	}
	if (!list->items)
		list->items = mem_array(MISMATCHES_MAX, sizeof(*list->items));
	list->items[list->count++] = (struct log_mismatch){index, *expected, *found};
}

/* Number of the one that stands in this one's place, and whose place this one has; else count. */
static size_t partner_of(const struct log_mismatches *list, size_t which)
{
	const struct log_mismatch *m = &list->items[which];
	size_t i = 0;

	while (
	    i < list->count && (i == which || !merkle_equal(&list->items[i].expected, &m->found) ||
				   !merkle_equal(&list->items[i].found, &m->expected)))
		i++;
	return i;
}

static void settle(struct log_findings *f, const struct log_mismatches *list, const char *where)
{
	for (size_t i = 0; list->items && i < list->count; i++) {
		size_t partner = partner_of(list, i);
		bool swapped = partner < list->count;
		const char *detail = arena_printf(&f->arena,
		    swapped ? "%s: each stands in the other's place"
			    : "%s: it is not the one whose hash is in the tree",
		    where);

		if (partner < i)
			continue; /* named with the other one */
		log_found(
		    f, &(struct log_finding){swapped ? FAULT_ENTRIES_SWAPPED : FAULT_ENTRY_CHANGED,
			   list->items[i].index, swapped ? list->items[partner].index : -1, NULL, 0,
			   NULL, detail});
	}
}

void log_findings_settle(struct log_findings *f)
{
	settle(f, &f->published, "as published");
	settle(f, &f->stored, "in the store");
	f->published.count = 0;
	f->stored.count = 0;
}

static void put_subject(const struct log_finding *f, struct buf *out)
{
	if (f->record_kind)
		buf_put_str(out, f->record_kind);
	if (f->record_kind && f->record_id)
		buf_printf(out, " %" PRId64, f->record_id);
	if (f->name)
		buf_printf(out, f->record_id ? ": %s" : " %s", f->name);
	if (f->index >= 0)
		buf_printf(
		    out, f->record_kind ? " (entry %" PRId64 ")" : "entry %" PRId64, f->index);
	if (f->other >= 0)
		buf_printf(out, " and %" PRId64, f->other);
}

void log_findings_print(const struct screen *out, const struct log_findings *f)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct log_finding *item = &f->items[i];
		AUTO(buf) subject = {0}, safe = {0};

		put_subject(item, &subject);
		if (subject.n && item->detail[0])
			buf_put_str(&subject, ": ");
		buf_put_str(&subject, item->detail);
		text_put(&safe, buf_span(&subject));
		screen_put(out, STYLE_RED, faults[item->fault].title);
		screen_printf(out, ": %s\n", buf_cstr(&safe));
	}
	if (f->more)
		screen_printf(out, "... and %zu more\n", f->more);
}

static json_t *finding_json(const struct log_finding *f)
{
	json_t *o = json_pack("{s:s}", "fault", faults[f->fault].name);

	if (f->index >= 0)
		json_object_set_new(o, "index", json_integer(f->index));
	if (f->other >= 0)
		json_object_set_new(o, "other_index", json_integer(f->other));
	if (f->record_kind) {
		json_object_set_new(o, "record_kind", json_string(f->record_kind));
		if (f->record_id)
			json_object_set_new(o, "record_id", json_integer(f->record_id));
	}
	if (f->name)
		json_object_set_new(o, "name", json_string(f->name));
	json_object_set_new(o, "detail", json_string(f->detail));
	return o;
}

json_t *log_findings_json(const struct log_findings *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->count; i++)
		json_array_append_new(list, finding_json(&f->items[i]));
	return list;
}

void log_findings_free(struct log_findings *f)
{
	free(f->items);
	free(f->published.items);
	free(f->stored.items);
	arena_free(&f->arena);
	*f = (struct log_findings){0};
}
