/* sql/election.c: see election.h. */
#include "sql/election.h"

#include "sql/db_internal.h"

/* The first of the two halves of an advisory lock's key: ours, so that migrations' never meets it.
 */
#define ELECTION_SPACE 0x53676e74 /* "Sgnt" */

struct status election_try(struct db *db, enum election which, bool *ret_elected, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int4(ELECTION_SPACE), sql_int4((int32_t)which)};

	TRY(sql_run(db, STATEMENT_election_try, params, COUNT(params), &r, err));
	*ret_elected = sql_get_bool(&r, 0, 0);
	return STATUS_OK;
}
