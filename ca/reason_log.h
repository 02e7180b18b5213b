/*
 * ca/reason_log.h: reasons of the log to refuse.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_CA_REASON_LOG_H
#define SIGNET_CA_REASON_LOG_H

#define REASONS_LOG(X)                                                                              \
	X(LOG_REFUSED, "log.refused", ERR_BUSY,                                                     \
	    "every act is recorded in a log that only grows: a database that lies behind what "     \
	    "this node saw of the log, or has another past, takes no acts",                         \
	    "operators: if it was restored from a backup, see signetd restore --help; others: try " \
	    "again later")                                                                          \
	X(LOG_TILE, "log.tile", ERR_MISSING,                                                        \
	    "C2SP tlog-tiles: the log has the tiles and entry bundles of its size, each under "     \
	    "one name",                                                                             \
	    "ask for tiles of the tree that the checkpoint states")                                 \
	X(LOG_CHECKPOINT, "log.checkpoint", ERR_BUSY,                                               \
	    "a checkpoint is shown when it is signed, by us and by the witnesses that policy asks " \
	    "for",                                                                                  \
	    "try again in a moment")                                                                \
	X(LOG_PROOF, "log.proof", ERR_BUSY,                                                         \
	    "an entry is proven when it has its place in a signed tree: within a second or two",    \
	    "try again in a moment")                                                                \
	X(LOG_PROOF_ROOM, "log.proof-room", ERR_BUSY,                                               \
	    "who waits for a proof holds a worker: half of them at the most do",                    \
	    "try again after Retry-After seconds; by then the entry has its proof at once")

#endif
