/* clients/operator/log_finding.h: what is not as it should be, by name. */
#ifndef SIGNET_OPERATOR_LOG_FINDING_H
#define SIGNET_OPERATOR_LOG_FINDING_H

#include "clients/operator/call.h"
#include "signing/format/merkle.h"

enum log_fault {
	FAULT_ROW_CHANGED,       /* a record is another than the entry commits to */
	FAULT_ROW_MISSING,       /* an entry's record is gone */
	FAULT_ROW_WITHOUT_ENTRY, /* a record of which the log does not tell */
	FAULT_ENTRY_DELETED,     /* a leaf's entry is gone from the store */
	FAULT_ENTRY_CHANGED,     /* an entry is not the one whose hash is in the tree */
	FAULT_ENTRIES_SWAPPED,
	FAULT_ENTRY_UNTIED, /* its salt is gone, and nothing says that it was erased */
	FAULT_FILE_MISSING, /* a published file */
	FAULT_TILE_WRONG,   /* a published tile does not fit those below it, or the checkpoint */
	FAULT_LOG_FORKED,   /* another history than that of a kept checkpoint */
	FAULT_LOG_ROLLED_BACK,
	FAULT_LOG_RENAMED, /* another name or key than before, unexplained */
	FAULT_NOT_COSIGNED,
	FAULT_COUNT
};

struct log_finding {
	enum log_fault fault;
	int64_t index, other; /* of the entries; -1: none */
	const char *record_kind;
	int64_t record_id; /* with record_kind; 0: it has none, but a name */
	const char *name;  /* of the record; NULL: none */
	const char *detail;
};

#define FINDINGS_MAX   10000 /* kept and shown; more are counted */
#define MISMATCHES_MAX 1000  /* among which swapped ones are looked for */

/* A leaf whose entry has another hash. */
struct log_mismatch {
	int64_t index;
	struct merkle_hash expected, found;
};
struct log_mismatches {
	struct log_mismatch *items;
	size_t count;
};

/* Start as {0}. */
struct log_findings {
	struct log_finding *items;
	size_t count;
	size_t more;                             /* over FINDINGS_MAX */
	struct log_mismatches published, stored; /* until log_findings_settle() */
	struct arena arena;
};

/* A finding without an index or record: index -1, record_kind NULL. Texts are copied. */
void log_found(struct log_findings *f, const struct log_finding *finding);
void log_mismatched(struct log_findings *f, struct log_mismatches *list, int64_t index,
    const struct merkle_hash *expected, const struct merkle_hash *found);
/* Name what mismatched: two entries that stand in each other's place, else changed ones. */
void log_findings_settle(struct log_findings *f);
void log_findings_print(const struct screen *out, const struct log_findings *f);
json_t *log_findings_json(const struct log_findings *f);
void log_findings_free(struct log_findings *f);
static inline void log_findings_auto(struct log_findings *f)
{
	log_findings_free(f);
}

#endif
