/* clients/operator/log_archive.c: see log_archive.h. */
#include "clients/operator/log_archive.h"

#include <stdlib.h>

#include "signing/format/cbor.h"

#define RECORD_VERSION 1
#define ROW_MEMBERS    8
#define BATCH_MAX      100000 /* more than any batch has: what a record may claim */

static void add(struct log_archived_list *list, const struct log_archived *item)
{
	if (list->count == list->room) {
		const size_t room = list->room ? list->room * 2 : 256;
		struct log_archived *more = mem_array(room, sizeof(*more));

		for (size_t i = 0; i < list->count; i++)
			more[i] = list->items[i];
		free(list->items);
		list->items = more;
		list->room = room;
	}
	list->items[list->count++] = *item;
}

void log_archive_say(struct log_archive *a, const struct log_archived *said)
{
	add(&a->said, said);
}

/* ---- records ---- */

static bool take_key(struct span *in, uint64_t key)
{
	uint64_t found;

	return cbor_take_uint(in, &found) && found == key;
}

static bool take_number(struct span *in, uint64_t *ret)
{
	return cbor_take_uint(in, ret) && *ret <= INT64_MAX;
}

/* One row; only whose it is matters here, the rest must be there all the same. */
static bool take_row(struct span *in, int64_t *ret_certificate)
{
	enum cbor_major major;
	uint64_t n, certificate;
	struct span bytes;

	if (!cbor_take_head(in, &major, &n) || major != CBOR_ARRAY || n != ROW_MEMBERS ||
	    !take_number(in, &certificate) || !take_number(in, &n))
		return false;
	for (int i = 0; i < 3; i++)
		if (!cbor_take_bytes(in, &bytes))
			return false;
	for (int i = 0; i < 3; i++)
		if (!take_number(in, &n))
			return false;
	*ret_certificate = (int64_t)certificate;
	return true;
}

static bool take_head(struct span *in, uint64_t *ret_rows)
{
	enum cbor_major major;
	uint64_t n;

	if (!cbor_take_head(in, &major, &n) || major != CBOR_MAP || n != 3 || !take_key(in, 1) ||
	    !cbor_take_uint(in, &n) || n != RECORD_VERSION || !take_key(in, 2) ||
	    !take_number(in, &n) || !take_key(in, 3))
		return false;
	return cbor_take_head(in, &major, ret_rows) && major == CBOR_ARRAY &&
	       *ret_rows <= BATCH_MAX;
}

bool log_archive_prove(struct log_archive *a, int64_t batch, struct span record)
{
	struct log_archived item = {.batch = batch, .index = -1};
	uint64_t rows;

	if (!take_head(&record, &rows))
		return false;
	for (uint64_t i = 0; i < rows; i++) {
		if (!take_row(&record, &item.certificate))
			return false;
		add(&a->proven, &item);
	}
	return record.n == 0;
}

/* ---- the end ---- */

static int by_place(const void *a, const void *b)
{
	const struct log_archived *x = a, *y = b;

	if (x->batch != y->batch)
		return x->batch < y->batch ? -1 : 1;
	return (x->certificate > y->certificate) - (x->certificate < y->certificate);
}

static void sort(struct log_archived_list *list)
{
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), by_place);
}

static bool is_proven(const struct log_archive *a, const struct log_archived *said)
{
	return a->proven.count &&
	       bsearch(said, a->proven.items, a->proven.count, sizeof(*said), by_place) != NULL;
}

bool log_archive_lacks(struct log_archive *a)
{
	sort(&a->proven);
	for (size_t i = 0; i < a->said.count; i++)
		if (!is_proven(a, &a->said.items[i]))
			return true;
	return false;
}

size_t log_archive_settle(struct log_archive *a, struct log_findings *findings)
{
	size_t proven = 0;

	sort(&a->proven);
	for (size_t i = 0; i < a->said.count; i++) {
		const struct log_archived *s = &a->said.items[i];

		if (is_proven(a, s)) {
			proven++;
			continue;
		}
		log_found(findings,
		    &(struct log_finding){FAULT_ROW_MISSING, s->index, -1, "certificate",
			s->certificate, NULL,
			"it is said to be archived, and no entry of the log proves its digest"});
	}
	return proven;
}

void log_archive_free(struct log_archive *a)
{
	free(a->said.items);
	free(a->proven.items);
	*a = (struct log_archive){0};
}
