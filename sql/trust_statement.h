/* sql/trust_statement.h: trust statements (signing/format/trust.h) as rows, one line per product.
 */
#ifndef SIGNET_SQL_TRUST_STATEMENT_H
#define SIGNET_SQL_TRUST_STATEMENT_H

#include "base/encode.h"
#include "sql/log.h"

struct trust_row {
	int64_t id, product_id;
	const char *product;
	int64_t version;
	struct span bytes; /* p NULL in lists */
	struct digest sha256;
	int64_t size;
	int64_t published_at;
	const char *published_by, *person; /* person: NULL: the same, or none known */
	int64_t request_id;                /* 0: none */
};

/* ret_row->id 0: there is none. */
struct status trust_newest(struct db *db, int64_t product_id, struct arena *arena,
    struct trust_row *ret_row, struct err *err);
/* ERR_MISSING. */
struct status trust_get(
    struct db *db, int64_t id, struct arena *arena, struct trust_row *ret_row, struct err *err);
/* Of one product (product_id 0: of all, or of `products` alone), newest first, ids below `before`
 * (0: from the newest). */
struct trust_filter {
	int64_t before, product_id;
	bool all_products;
	const char *const *products;
	size_t product_count;
	int64_t limit;
};
struct status trust_list(struct db *db, const struct trust_filter *filter, struct arena *arena,
    struct trust_row **ret_rows, size_t *ret_count, struct err *err);

/* Row and log entry, in a transaction. A version that is there by now: a lost race. */
struct status trust_add(struct db *db, const struct trust_row *row, const struct log_line *line,
    int64_t *ret_id, struct err *err);

#endif
