/*
 * clients/operator/log_compare.c: the server's rows against what the log's entries commit to.
 *
 * The server makes each record anew from its row. An entry's hash must be the leaf's, its salted
 * commitment must fit the record; and rows that no entry tells of are asked for.
 */
#include <inttypes.h>
#include <string.h>

#include "base/encode.h"
#include "clients/operator/log_verify.h"
#include "clients/operator/reason.h"
#include "clients/operator/value.h"
#include "signing/format/entry.h"

#define STRAY_PAGES_MAX 1000000 /* pages may be empty: a server that never ends is refused */

static int unexpected(const struct log_verify *v, const char *what)
{
	struct err err = {0};

	(void)err_refuse(&err, WHY(ANSWER_UNEXPECTED), "%s", what);
	return call_failed(v->call, &err);
}

/* ---- one leaf ---- */

struct leaf_row {
	int64_t index;
	const json_t *item;
	const char *kind; /* of the record; NULL: not known */
	int64_t id;
};

static void found(
    struct log_verify *v, const struct leaf_row *row, enum log_fault fault, const char *detail)
{
	log_found(&v->findings,
	    &(struct log_finding){fault, row->index, -1, row->kind, row->id, NULL, detail});
}

/* A base64 member; false: null, or not to be read. */
static bool octets_of(const json_t *item, const char *member, struct buf *out)
{
	const char *text = value_text(item, member);
	struct err err = {0};

	return text && base64_decode(span_str(text), out, &err).ok;
}

static void check_record(struct log_verify *v, const struct leaf_row *row, const struct entry *e)
{
	AUTO(buf) salt = {0}, record = {0};
	const char *fault = value_text(row->item, "fault");

	if (value_text(row->item, "erased_at")) {
		v->erased++;
		return;
	}
	if (!octets_of(row->item, "salt", &salt) || salt.n != ENTRY_SALT_SIZE) {
		found(v, row, FAULT_ENTRY_UNTIED,
		    "its salt is gone, and was not erased by the owner");
		return;
	}
	if (value_int(row->item, "archived_in", 0) > 0) {
		const struct log_archived said = {
		    value_int(row->item, "archived_in", 0), row->id, row->index};

		log_archive_say(&v->archive, &said);
		return;
	}
	if (!octets_of(row->item, "record", &record)) {
		found(v, row, FAULT_ROW_MISSING, "the log tells of it, and it is gone");
		return;
	}
	if (!entry_commits_to(e, salt.p, buf_span(&record)))
		found(v, row, FAULT_ROW_CHANGED, fault ? fault : "it is not what was logged");
	else if (fault)
		found(v, row, FAULT_ROW_CHANGED, fault);
	else if (row->kind && strcmp(row->kind, "archive") == 0 &&
		 !log_archive_prove(&v->archive, row->id, buf_span(&record)))
		found(v, row, FAULT_ROW_CHANGED, "it is no record of a batch");
	else
		v->records++;
}

/* leaf NULL: its hash is not published, so the entry is taken as it is. */
static void check_leaf(
    struct log_verify *v, const struct leaf_row *row, const struct merkle_hash *leaf)
{
	AUTO(buf) bytes = {0};
	struct merkle_hash hash;
	struct entry e;
	struct err err = {0};

	if (!octets_of(row->item, "entry", &bytes)) {
		found(
		    v, row, FAULT_ENTRY_DELETED, "the log has its hash, the store has it no more");
		return;
	}
	hash = merkle_leaf(buf_span(&bytes));
	if (leaf && !merkle_equal(&hash, leaf)) {
		log_mismatched(&v->findings, &v->findings.stored, row->index, leaf, &hash);
		return;
	}
	if (!entry_decode(buf_span(&bytes), &e, &err).ok)
		found(v, row, FAULT_ENTRY_CHANGED, err.message);
	else
		check_record(v, row, &e);
}

/* ---- a tile's worth of them ---- */

static int ask_records(
    struct log_verify *v, uint64_t index, unsigned width, struct client_reply *ret_reply)
{
	char path[96];

	snprintf(path, sizeof(path), "/log/records?from=%" PRIu64 "&limit=%u", index, width);
	return call_get(v->call, path, ret_reply);
}

static void leaf_missing(struct log_verify *v, uint64_t index)
{
	log_found(&v->findings, &(struct log_finding){FAULT_ENTRY_DELETED, (int64_t)index, -1, NULL,
				    0, NULL, "the store does not know that it is in the log"});
}

int log_compare_records(
    struct log_verify *v, uint64_t index, unsigned width, const struct merkle_hash *leaves)
{
	AUTO(client_reply) reply = {0};
	const uint64_t end = index + width;
	uint64_t next = index;
	const json_t *items;
	json_t *item;
	size_t i;
	int code = ask_records(v, index, width, &reply);

	if (code != EXIT_DONE)
		return code;
	items = value_at(reply.json, "items");
	if (!json_is_array(items))
		return unexpected(v, "/log/records: the answer is no list");
	json_array_foreach((json_t *)(uintptr_t)items, i, item)
	{
		struct leaf_row row = {value_int(item, "index", -1), item,
		    value_text(item, "record_kind"), value_int(item, "record_id", 0)};

		if (row.index < (int64_t)next || row.index >= (int64_t)end)
			return unexpected(v, "/log/records: entries out of order");
		for (; next < (uint64_t)row.index; next++)
			leaf_missing(v, next);
		check_leaf(v, &row, leaves ? &leaves[next - index] : NULL);
		next++;
	}
	for (; next < end; next++)
		leaf_missing(v, next);
	return EXIT_DONE;
}

/* ---- archive ---- */

#define LATER_PAGE      256
#define LATER_PAGES_MAX 10000

/*
 * Batches that were logged while the tree was walked: behind the checkpoint, so their leaves are
 * held against no tree yet; the next verification does that.
 */
static int read_later(struct log_verify *v)
{
	uint64_t at = v->checkpoint.tree.size;

	for (int page = 0; page < LATER_PAGES_MAX; page++) {
		AUTO(client_reply) reply = {0};
		json_t *item;
		size_t i, n = 0;
		int code = ask_records(v, at, LATER_PAGE, &reply);

		if (code != EXIT_DONE)
			return code;
		json_array_foreach(json_object_get(reply.json, "items"), i, item)
		{
			struct leaf_row row = {value_int(item, "index", -1), item,
			    value_text(item, "record_kind"), value_int(item, "record_id", 0)};

			n++;
			if (row.kind && strcmp(row.kind, "archive") == 0)
				check_leaf(v, &row, NULL);
		}
		if (n < LATER_PAGE)
			return EXIT_DONE;
		at += n;
	}
	return unexpected(v, "/log/records: the list does not end");
}

int log_compare_archive(struct log_verify *v)
{
	if (log_archive_lacks(&v->archive)) {
		int code = read_later(v);

		if (code != EXIT_DONE)
			return code;
	}
	v->archived = log_archive_settle(&v->archive, &v->findings);
	return EXIT_DONE;
}

/* ---- strays ---- */

/* Kinds whose rows are logged one by one; of all others (documents, devices) changes are. */
static bool is_logged_itself(const char *kind)
{
	static const char *const kinds[] = {"certificate", "archived-certificate", "policy_change",
	    "alarm", "enrollment", "request", "approval", "status-change", "crl", "release-step",
	    "trust-statement"};

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

static void stray_found(struct log_verify *v, const json_t *item)
{
	const char *kind = value_text(item, "record_kind");

	kind = kind ? kind : "row";
	log_found(
	    &v->findings, &(struct log_finding){
			      is_logged_itself(kind) ? FAULT_ROW_WITHOUT_ENTRY : FAULT_ROW_CHANGED,
			      -1, -1, kind, value_int(item, "record_id", 0),
			      value_text(item, "name"), value_text(item, "what")});
}

int log_compare_strays(struct log_verify *v)
{
	AUTO(buf) after = {0};

	for (int page = 0; page < STRAY_PAGES_MAX; page++) {
		AUTO(client_reply) reply = {0};
		AUTO(buf) path = {0};
		const char *next;
		json_t *item;
		size_t i;
		int code;

		buf_put_str(&path, "/log/strays");
		if (after.n)
			url_add(&path, "after", buf_cstr(&after));
		code = call_get(v->call, buf_cstr(&path), &reply);
		if (code != EXIT_DONE)
			return code;
		json_array_foreach(json_object_get(reply.json, "items"), i, item)
		{
			stray_found(v, item);
		}
		next = value_text(reply.json, "next");
		if (!next)
			return EXIT_DONE;
		if (after.n && strcmp(next, buf_cstr(&after)) == 0)
			break;
		buf_reset(&after);
		buf_put_str(&after, next);
	}
	return unexpected(v, "/log/strays: the list does not end");
}
