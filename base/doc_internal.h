/* base/doc_internal.h: one value of a table row, shared by binding and rendering. */
#ifndef SIGNET_BASE_DOC_INTERNAL_H
#define SIGNET_BASE_DOC_INTERNAL_H

#include "base/doc.h"

/* Any value of a row but maps. */
union field_value {
	char *text;
	struct str_list list;
	int64_t number;
	bool truth;
	int index;
	uint32_t flags;
};

/*
 * A number with its unit ("64k", "15m") within the row's bounds. False: `why` says what is wrong.
 */
#define WHY_SIZE 200
MUST_USE bool field_number(
    const struct field *f, const char *text, int64_t *ret_number, char why[static WHY_SIZE]);
/* Index of a name in f->names; -1: none. */
int field_name_index(const struct field *f, const char *text);
/* The bounds that hold where max is 0. */
int64_t field_max(const struct field *f);

/* What a row has when it is absent: its standard's value, else zero. Never for maps. */
void field_standard(const struct field *f, struct arena *arena, union field_value *ret_value);

/*
 * RFC 8259 section 7 writes a character outside the first plane as two escaped surrogates, which
 * YAML refuses: write such pairs in JSON text as YAML's \UXXXXXXXX. False: none there, `out` is of
 * no use.
 */
MUST_USE bool doc_json_pairs(struct span text, struct buf *out);

#endif
