/*
 * signing/format/cbor_read.h: read deterministic CBOR (RFC 8949 section 4.2.1) where there is no
 * heap and no library.
 *
 * A reader keeps the first refusal. After it every call answers zero or SPAN_NONE and takes
 * nothing, so that a run of calls needs one look at `refusal` at its end. Loops over counts end by
 * themselves in bounded time, because counts are bounded where they are read.
 */
#ifndef SIGNET_FORMAT_CBOR_READ_H
#define SIGNET_FORMAT_CBOR_READ_H

#include <string.h>

#include "signing/format/cbor.h"
#include "signing/format/refusal.h"

#define CBOR_DEPTH_MAX    8
#define CBOR_NAME_MAX     128   /* octets of a name: product, channel, version, principal */
#define CBOR_TAG_SELF     55799 /* RFC 8949 3.4.6: the first three octets d9 d9 f7 say CBOR */
#define CBOR_SIMPLE_FALSE 20
#define CBOR_SIMPLE_TRUE  21
#define CBOR_SIMPLE_NULL  22

struct cbor_in {
	struct span rest;
	enum refusal refusal;
};

static inline struct cbor_in cbor_in(struct span bytes)
{
	return (struct cbor_in){bytes, REFUSAL_NONE};
}

/* base/span.h's span_equal() without its file. */
static inline bool cbor_same(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Refuse, unless it is refused already. */
void cbor_in_refuse(struct cbor_in *in, enum refusal refusal);
/* One head, of any type; its strings, elements and tagged item are left where they are. */
enum cbor_major cbor_in_head(struct cbor_in *in, uint64_t *ret_value);
/* Type of the next item, which stays; CBOR_SIMPLE at the end. */
enum cbor_major cbor_in_peek(const struct cbor_in *in);
uint64_t cbor_in_uint(struct cbor_in *in);
uint32_t cbor_in_small(struct cbor_in *in, uint32_t most); /* a uint up to `most`, else CBOR_TYPE */
int32_t cbor_in_int(struct cbor_in *in);                   /* within int32_t, else CBOR_TYPE */
struct span cbor_in_bytes(struct cbor_in *in);
struct span cbor_in_bytes_of(struct cbor_in *in, size_t n); /* exactly n octets, else CBOR_TYPE */
struct span cbor_in_text(struct cbor_in *in);               /* not looked at, UTF-8 or not */
struct span cbor_in_name(struct cbor_in *in); /* text, 1..CBOR_NAME_MAX printable ASCII */
bool cbor_in_bool(struct cbor_in *in);
/* Takes a null where it is next. */
bool cbor_in_null(struct cbor_in *in);
void cbor_in_tag(struct cbor_in *in, uint32_t tag);
/* How many elements, or pairs, follow; CBOR_COUNT: not `least` to `most`. */
size_t cbor_in_array(struct cbor_in *in, size_t least, size_t most);
size_t cbor_in_map(struct cbor_in *in, size_t least, size_t most);
/*
 * The next key of a map with integer keys. *last is the key before (start with INT32_MIN): keys
 * must rise as deterministic CBOR orders them: 0, 1, 2, ..., -1, -2, ...
 */
int32_t cbor_in_key(struct cbor_in *in, int32_t *last);
/* The same, and it must be this key. CBOR_MISSING, CBOR_KEY, CBOR_ORDER or CBOR_DUPLICATE. */
void cbor_in_this_key(struct cbor_in *in, int32_t key);
/* One whole item, well-formed, with ordered keys in every map, at most CBOR_DEPTH_MAX deep. */
struct span cbor_in_item(struct cbor_in *in);
/* Nothing may be left: CBOR_TRAILING. The refusal, or REFUSAL_NONE. */
MUST_USE enum refusal cbor_in_end(struct cbor_in *in);

/*
 * What our own files begin with: tag 55799 and a map of `pairs` whose key 0 holds `name`. Other is
 * the refusal where that does not stand there.
 */
void cbor_in_file(struct cbor_in *in, size_t pairs, struct span name, enum refusal other);
/*
 * An array of `least` to `most` octet strings of n octets each, in strictly ascending order:
 * CBOR_ORDER, CBOR_DUPLICATE. Its elements, without the array's head.
 */
struct span cbor_in_ids(struct cbor_in *in, size_t least, size_t most, size_t n, size_t *ret_count);
/* Does this run of octet strings hold that one? */
bool cbor_ids_hold(struct span ids, struct span id);

#endif
