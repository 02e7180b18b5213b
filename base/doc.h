/*
 * base/doc.h: YAML documents as trees that remember their lines, and tables that bind them to
 * structs.
 *
 * Used for the process configuration, for policy documents, for policy as it is
 * stored (JSON, which is YAML; its surrogate pairs are seen to), and for records that a
 * device keeps. The parser is libyaml's. Empty documents are left out. Refused, each with
 * file:line: anchors and aliases, tags, keys that are not plain strings, a key twice, depth over
 * DOC_DEPTH_MAX, more than DOC_NODES_MAX nodes, input over DOC_SIZE_MAX bytes, bytes that are not
 * UTF-8.
 */
#ifndef SIGNET_BASE_DOC_H
#define SIGNET_BASE_DOC_H

#include "base/err.h"
#include "base/span.h"

#define DOC_SIZE_MAX  ((size_t)64 << 20) /* a list of 100,000 devices is 10 MB */
#define DOC_NODES_MAX 2000000
#define DOC_DEPTH_MAX 16

enum doc_kind {
	DOC_SCALAR,
	DOC_LIST,
	DOC_MAP
};

struct doc_node {
	enum doc_kind kind;
	int line;               /* 1 is the first; a member's is that of its key */
	bool quoted;            /* a scalar in quotes: never a number or true/false/null */
	const char *key;        /* inside a map, else NULL */
	const char *text;       /* a scalar's text, else NULL; NUL-terminated, no NUL inside */
	struct doc_node *child; /* first of a list or map */
	struct doc_node *next;  /* sibling */
};

struct doc_file {
	const char *name;            /* for messages: "policy.yaml" */
	struct doc_node **documents; /* those between --- lines */
	size_t count;
	struct arena arena; /* owns everything */
};

/* Parse all documents of a stream. `name` is copied. ERR_CONFIG with "name:line: why". */
struct status doc_parse(
    const char *name, struct span text, struct doc_file *ret_file, struct err *err);
void doc_free(struct doc_file *f); /* NULL and {0} allowed */
static inline void doc_file_auto(struct doc_file *f)
{
	doc_free(f);
}
/* The value under a key of a map; NULL when there is none. */
const struct doc_node *doc_get(const struct doc_node *map, const char *key);
/* err_set ERR_CONFIG with "name:line: " before the text. */
struct status doc_fail(const char *name, const struct doc_node *at, struct err *err,
    const char *format, ...) PRINTF(4, 5);
#define doc_fail(...) ((void)(doc_fail)(__VA_ARGS__), STATUS_FAILED) /* as in base/err.h */

/*
 * One row per member of a map. `offset` is the member's place in the struct.
 * Strings and lists are owned by the arena that doc_bind is given.
 */
enum field_type {
	FIELD_STR,      /* char * */
	FIELD_STR_LIST, /* struct str_list */
	FIELD_INT,      /* int64_t, min..max; a scalar such as 10, 64k (1024), 2M, 1G */
	FIELD_SECONDS,  /* int64_t; "90s" "15m" "12h" "30d" "52w" "10y" (365 d) or a bare number of
			   seconds */
	FIELD_TIME,     /* int64_t: seconds since 1970 of "2027-01-01T00:00:00Z" */
	FIELD_BOOL,     /* bool; true or false only */
	FIELD_ENUM,     /* int: index into names */
	FIELD_FLAGS,    /* uint32_t: a list of names, bit i for names[i] */
	FIELD_MAP,      /* struct by value, bound by `sub` */
	FIELD_MAP_LIST, /* struct map_list of such structs */
};

struct str_list {
	char **items;
	size_t count;
};
struct map_list {
	void *items; /* array of structs of sub_size bytes */
	size_t count;
};

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	bool required;
	const char *standard;     /* the text it has when absent (lists: "a, b"); NULL: zero */
	int64_t min, max;         /* INT, SECONDS: value (max 0: no upper bound); STR: length;
				   * lists: items (max 0: 64k) */
	const char *const *names; /* ENUM, FLAGS: NULL-terminated */
	const struct field *sub;  /* MAP, MAP_LIST: ended by a row with name NULL */
	size_t sub_size;          /* MAP_LIST: size of one struct */
	const char *help;         /* one line, for docs and messages */
};

/*
 * Fill `object` (zeroed by the caller; half filled on failure) from a map. null and nothing are
 * absent; an absent map has its members' standards. Unknown members, missing required ones, wrong
 * types and values out of range are ERR_CONFIG: "policy.yaml:14: label 'factory': member 'pop':
 * 'maybe' is not one of ..."; the title is the map's `kind`, or the key it stands under, and its
 * `name`.
 */
struct status doc_bind(const char *name, const struct doc_node *map, const struct field *fields,
    void *object, struct arena *arena, struct err *err);

/*
 * The same for what was sent as JSON (api/body.h): errors are ERR_INPUT, and name the place as a
 * JSON pointer (RFC 6901): "/subject/0/value: text is wanted, not a list".
 */
struct status doc_bind_json(const struct doc_node *map, const struct field *fields, void *object,
    struct arena *arena, struct err *err);

/*
 * Write the members back as canonical JSON: table order, absent and standard values left out.
 * Equal objects give equal bytes. doc_parse + doc_bind reads it back.
 */
void doc_render(const struct field *fields, const void *object, struct buf *out);

#endif
