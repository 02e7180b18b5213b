/*
 * signing/format/log_policy.h: which logs and witnesses are trusted (C2SP tlog-policy).
 *
 *   # comment
 *   log <vkey> [<url>]
 *   witness <name> <vkey> [<url>]
 *   group <name> all|any|<k> <name>...
 *   quorum <name>|none
 *
 * Names are octet strings, defined before they are used, and a member of one group at most.
 */
#ifndef SIGNET_FORMAT_LOG_POLICY_H
#define SIGNET_FORMAT_LOG_POLICY_H

#include "signing/format/checkpoint.h"

/* The specification asks for 32 of each at the least; sets of names fit in 64 bits. */
#define LOG_POLICY_LOGS_MAX      32
#define LOG_POLICY_WITNESSES_MAX 32
#define LOG_POLICY_GROUPS_MAX    32
#define LOG_POLICY_SIZE_MAX      ((size_t)256 << 10) /* 64 ML-DSA-44 keys, and comments */

struct log_policy_log {
	struct vkey key;
	struct span url; /* may be empty; borrowed */
};

struct log_policy_witness {
	struct span name; /* within the file only; borrowed */
	struct vkey key;  /* of a cosignature type: 04 or 06 */
	struct span url;  /* may be empty; borrowed */
};

struct log_policy_group {
	struct span name;   /* borrowed */
	uint64_t members;   /* bit i: witness i; bit 32 + i: group i, defined before */
	unsigned threshold; /* 1 .. number of members */
};

/* About 40 KiB. What it was parsed from must outlive it. */
struct log_policy {
	size_t log_count, witness_count, group_count;
	struct log_policy_log logs[LOG_POLICY_LOGS_MAX];
	struct log_policy_witness witnesses[LOG_POLICY_WITNESSES_MAX];
	struct log_policy_group groups[LOG_POLICY_GROUPS_MAX];
	uint64_t quorum; /* one bit as in members; 0: none is asked for */
};

/*
 * ERR_INPUT: malformed (which line, and why). ERR_TOO_LARGE: over one of the bounds above.
 * ret_policy is of no use after a failure.
 */
MUST_USE struct status log_policy_parse(
    struct span file, struct log_policy *ret_policy, struct err *err);
/* Is the quorum reached by these witnesses (bit i: witness i has cosigned)? */
bool log_policy_reached(const struct log_policy *policy, uint64_t witnesses);

/* What was found of a checkpoint. */
struct log_policy_seen {
	size_t log;                              /* policy->logs[log] signed it */
	uint64_t witnesses;                      /* bit i: policy->witnesses[i] cosigned it */
	int64_t times[LOG_POLICY_WITNESSES_MAX]; /* when, by their clocks */
};

/*
 * Is this whole checkpoint valid: signed by a log of the policy under its own origin, and cosigned
 * by a quorum? ERR_DENIED: it is not (and why). ERR_INPUT, ERR_TOO_LARGE: as note_parse() and
 * checkpoint_parse(). ret_checkpoint borrows from `file`. Times are not judged.
 */
MUST_USE struct status log_policy_check(const struct log_policy *policy, struct span file,
    struct checkpoint *ret_checkpoint, struct log_policy_seen *ret_seen, struct err *err);

#endif
