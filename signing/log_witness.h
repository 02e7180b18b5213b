/*
 * signing/log_witness.h: outside witnesses sign our checkpoints (C2SP tlog-witness, client side).
 *
 * A witness signs only trees that grew from the last one that it signed, so that nobody can be
 * shown another log than the others. Each is asked for the same checkpoint until enough have
 * signed it; that one is then published. One node asks a witness at a time (sql/log_witness.h); who
 * does not answer, or refuses, is asked again later and later. Nothing here holds up integration.
 */
#ifndef SIGNET_SIGNING_LOG_WITNESS_H
#define SIGNET_SIGNING_LOG_WITNESS_H

#include "base/fetch.h"
#include "signing/log.h"

#define LOG_WITNESS_TIMEOUT_MS 5000
/* After success; so a caller that needs a proof waits for a second at most. */
#define LOG_WITNESS_PAUSE_MS 500
/* After a failure it doubles: a second, two, four, ... */
#define LOG_WITNESS_BACKOFF_FIRST_MS 1000
#define LOG_WITNESS_BACKOFF_MOST_MS  300000

struct log_witness {
	const char *vkey, *url; /* borrowed */
};

/*
 * Ask one witness to sign: known_size is what it signed last, as far as we know. ret_line is its
 * signature line; ret_size: what is known of it now, set on failure as well. ERR_BUSY: not
 * reached, or it said no (the message has its words). ERR_DENIED: what it sent is no signature of
 * its key; or it has signed a larger tree than we have: the log was rolled back or forked.
 */
struct status log_witness_ask(struct db *db, const struct fetcher *fetcher,
    const struct log_state *state, const struct log_checkpoint_row *checkpoint,
    const struct log_witness *witness, int64_t known_size, struct buf *ret_line, int64_t *ret_size,
    struct err *err);

/*
 * One turn: ask the first witness of the list that is due, keep what it said, publish the
 * checkpoint where `quorum` of them have signed it. ret_asked false: none is due. A failure of the
 * witness is kept and told in *ret_trouble (ERR_NONE: none), not returned.
 */
struct status log_witness_turn(struct db *db, const struct fetcher *fetcher,
    const struct log_witness *witnesses, size_t n, int64_t quorum, bool *ret_asked,
    struct err *ret_trouble, struct err *err);

#endif
