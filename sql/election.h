/*
 * sql/election.h: of many servers on one database, one does what must happen once.
 *
 * The election is a lock that lives as long as the transaction: whoever does not get it leaves the
 * work to whoever has it.
 */
#ifndef SIGNET_SQL_ELECTION_H
#define SIGNET_SQL_ELECTION_H

#include "sql/db.h"

enum election {
	ELECTION_EXPIRY = 1,   /* purge strangers, expire what waited too long */
	ELECTION_LOG = 2,      /* give log entries their index */
	ELECTION_ARCHIVE = 3,  /* move certificates that expired long ago */
	ELECTION_OVERDUE = 7,  /* find devices that did not renew in time */
	ELECTION_CRL = 4,      /* publish revocation lists */
	ELECTION_MASS_ACT = 6, /* revoke what somebody selected, batch by batch */
};

/* Inside a transaction. ret_elected false: another server has it now. Never waits. */
struct status election_try(struct db *db, enum election which, bool *ret_elected, struct err *err);

#endif
