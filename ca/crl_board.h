/*
 * ca/crl_board.h: the revocation lists that this server shows, each in a mapping of its own.
 * Thread-safe, from memory only.
 *
 * One thread fetches what was published and puts it here (server/crl_shelf.h); loops serve it. A
 * list that somebody is still sending outlives the next one. A list is only ever replaced by one
 * with a higher number.
 */
#ifndef SIGNET_CA_CRL_BOARD_H
#define SIGNET_CA_CRL_BOARD_H

#include "ca/crl.h"

struct crl_board;
struct crl_board *crl_board_new(void);
void crl_board_free(struct crl_board *b);

struct crl_shown {
	int64_t authority_id, shard;
	bool delta;
	int64_t number, this_update, next_update, entries;
	struct digest digest;
	struct span der;
};

/*
 * Show it; takes file over, whose `der` is the list. ret_put false: what is shown has this number
 * or a higher one.
 */
bool crl_board_put(struct crl_board *b, const struct crl_shown *shown, struct crl_file *file);
/* Number of what is shown; 0: none. */
int64_t crl_board_number(struct crl_board *b, int64_t authority_id, int64_t shard, bool delta);
/* No longer published. */
void crl_board_drop(struct crl_board *b, int64_t authority_id, int64_t shard, bool delta);

/* The list, until crl_shown_release(*ret_owner). False: none is shown. */
bool crl_board_find(struct crl_board *b, int64_t authority_id, int64_t shard, bool delta,
    struct crl_shown *ret_shown, void **ret_owner);
void crl_shown_release(void *owner);

/* Everything that was published when this server started is shown. */
void crl_board_complete(struct crl_board *b);
bool crl_board_is_complete(struct crl_board *b);

struct crl_board_sum { /* over all that is shown */
	int64_t lists, entries;
	int64_t oldest_this_update; /* of full lists; 0: none */
	int64_t first_next_update;
};
struct crl_board_sum crl_board_sum(struct crl_board *b);

#endif
