/* ca/archive.c: see archive.h. */
#include "ca/archive.h"

#include "ca/act.h"
#include "signing/format/cbor.h"
#include "sql/election.h"

#define RECORD_VERSION 1
#define ROW_MEMBERS    8
/* Rows that one look reads: of those that may not go yet there can be many. */
#define WINDOW 5000

enum record_member {
	RECORD_MEMBER_VERSION = 1,
	RECORD_MEMBER_TIME,
	RECORD_MEMBER_ROWS
};

static void put_row(const struct archive_row *r, struct buf *out)
{
	cbor_put_head(out, CBOR_ARRAY, ROW_MEMBERS);
	cbor_put_int(out, r->id);
	cbor_put_int(out, r->authority_id);
	cbor_put_bytes(out, r->serial);
	cbor_put_bytes(out, r->der_digest);
	cbor_put_bytes(out, r->key_digest);
	cbor_put_int(out, r->not_before);
	cbor_put_int(out, r->not_after);
	cbor_put_int(out, r->issued_at);
}

void archive_record(const struct archive_batch *b, struct buf *out)
{
	cbor_put_head(out, CBOR_MAP, RECORD_MEMBER_ROWS);
	cbor_put_uint(out, RECORD_MEMBER_VERSION);
	cbor_put_uint(out, RECORD_VERSION);
	cbor_put_uint(out, RECORD_MEMBER_TIME);
	cbor_put_int(out, b->at);
	cbor_put_uint(out, RECORD_MEMBER_ROWS);
	cbor_put_head(out, CBOR_ARRAY, b->count);
	for (size_t i = 0; i < b->count; i++)
		put_row(&b->rows[i], out);
}

/* What went is read back: the entry commits to what the archive has. */
static struct status log_batch(
    struct db *db, int64_t now, int64_t batch, const struct rng *rng, struct err *err)
{
	AUTO(arena) arena = {0};
	AUTO(buf) record = {0};
	AUTO(log_line) line = {0};
	struct archive_batch b;

	TRY(archive_batch_get(db, batch, &arena, &b, err));
	archive_record(&b, &record);
	TRY(log_line_make("certificate.archived", now, rng, buf_span(&record), &line, err));
	return sql_log_append(db, &line, "archive", batch, err);
}

static struct status move(struct db *db, int64_t now, const struct rng *rng,
    struct archive_place *place, size_t *ret_moved, bool *ret_end, struct err *err)
{
	int64_t ids[ARCHIVE_BATCH_MAX], batch;
	bool elected = false;

	TRY(election_try(db, ELECTION_ARCHIVE, &elected, err));
	*ret_end = !elected;
	if (!elected)
		return STATUS_OK;
	TRY(archive_due(db, WINDOW, place, ids, ret_moved, ret_end, err));
	if (*ret_moved == 0)
		return STATUS_OK;
	TRY(archive_move(db, now, ids, *ret_moved, &batch, err));
	return log_batch(db, now, batch, rng, err);
}

struct status archive_some(struct db *db, const struct clock *clock, const struct rng *rng,
    struct archive_place *place, size_t *ret_moved, bool *ret_end, struct err *err)
{
	struct archive_place next = *place;
	struct status done;
	size_t moved = 0;
	bool end = true;

	TRY(db_begin(db, err));
	done = move(db, clock_now(clock), rng, &next, &moved, &end, err);
	if (done.ok)
		done = db_commit(db, err);
	if (!done.ok) {
		db_rollback(db);
		return done;
	}
	*place = next;
	*ret_moved = moved;
	*ret_end = end;
	return STATUS_OK;
}
