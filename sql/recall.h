/* sql/recall.h: recall lists (signing/format/recall.h) as rows, one line per product and channel.
 */
#ifndef SIGNET_SQL_RECALL_H
#define SIGNET_SQL_RECALL_H

#include "base/encode.h"
#include "sql/release.h"

struct recall_row {
	int64_t id; /* 0: there is none */
	int64_t number;
	struct span bytes;
	struct digest sha256;
	int64_t created_at;
};
/* ret_row->id 0: nothing was ever recalled there. */
struct status recall_newest(struct db *db, int64_t product_id, const char *channel,
    struct arena *arena, struct recall_row *ret_row, struct err *err);
/* Of a recall's step, for who audits; ret_row->id 0: none. */
struct status recall_of_step(struct db *db, int64_t step_id, struct arena *arena,
    struct recall_row *ret_row, struct err *err);

/* ---- writing: for signing/recall.c, in a transaction ---- */

struct recall_look {
	int64_t previous; /* number of the list in force; 0: none */
	int64_t number;   /* of the next one */
	size_t count;
	int64_t *sequences; /* recalled, ascending */
	/* The newest published one that is not recalled and newer than `above`; sequence 0: none.
	 */
	int64_t successor;
	const char *successor_version;
};
struct recall_question {
	int64_t product_id;
	const char *channel;
	int64_t without;  /* id of a release that is no successor */
	int64_t above;    /* sequence that a successor is newer than */
	bool take_number; /* for a list that is made; else number is 0 */
};
struct status recall_look(struct db *db, const struct recall_question *question,
    struct arena *arena, struct recall_look *ret_look, struct err *err);
/* The list, beside release_move(). Another one that follows the same: a lost race. */
struct status recall_add(struct db *db, const struct release_row *release, int64_t step_id,
    int64_t previous, const struct recall_row *row, struct err *err);

#endif
