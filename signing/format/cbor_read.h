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

#include "signing/format/bytes.h"

#include "signing/format/cbor.h"
#include "signing/format/refusal.h"

#define CBOR_DEPTH_MAX    8
#define CBOR_PAIRS_MAX    23    /* of a map that is read by a table */
#define CBOR_NAME_MAX     128   /* octets of a name: product, channel, version, principal */
#define CBOR_ID_SIZE      16    /* octets of a UUID */
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

/* Refuse, unless it is refused already. */
void cbor_in_refuse(struct cbor_in *in, enum refusal refusal);
/* One head, of any type; its strings, elements and tagged item are left where they are. */
enum cbor_major cbor_in_head(struct cbor_in *in, uint64_t *ret_value);
/* Type of the next item, which stays; CBOR_SIMPLE at the end. */
enum cbor_major cbor_in_peek(const struct cbor_in *in);
uint64_t cbor_in_uint(struct cbor_in *in);
uint32_t cbor_in_small(struct cbor_in *in, uint32_t most); /* a uint up to `most`, else CBOR_TYPE */
int cbor_in_int(struct cbor_in *in);                       /* within 31 bits, else CBOR_TYPE */
/*
 * Strings. Each stands here twice, since a small machine hands back two words through memory: with
 * a place for them, and as a value.
 */
void cbor_take_string(struct cbor_in *in, enum cbor_major major, struct span *ret_string);
/* Octets, exactly n of them, else CBOR_TYPE. */
void cbor_take_exactly(struct cbor_in *in, size_t n, struct span *ret_bytes);
/* Text of 1 to CBOR_NAME_MAX printable ASCII characters, else CBOR_TEXT. */
void cbor_take_name(struct cbor_in *in, struct span *ret_name);
/* One whole item, well-formed, with ordered keys in every map, at most CBOR_DEPTH_MAX deep. */
void cbor_take_item(struct cbor_in *in, struct span *ret_item);

static inline struct span cbor_in_bytes(struct cbor_in *in)
{
	struct span bytes;

	cbor_take_string(in, CBOR_BYTES, &bytes);
	return bytes;
}

static inline struct span cbor_in_bytes_of(struct cbor_in *in, size_t n)
{
	struct span bytes;

	cbor_take_exactly(in, n, &bytes);
	return bytes;
}

/* Not looked at, UTF-8 or not. */
static inline struct span cbor_in_text(struct cbor_in *in)
{
	struct span text;

	cbor_take_string(in, CBOR_TEXT, &text);
	return text;
}

static inline struct span cbor_in_name(struct cbor_in *in)
{
	struct span name;

	cbor_take_name(in, &name);
	return name;
}

static inline struct span cbor_in_item(struct cbor_in *in)
{
	struct span item;

	cbor_take_item(in, &item);
	return item;
}

bool cbor_in_bool(struct cbor_in *in);
/* Takes a null where it is next. */
bool cbor_in_null(struct cbor_in *in);
void cbor_in_tag(struct cbor_in *in, uint32_t tag);
/* How many elements, or pairs, follow; CBOR_COUNT: not `least` to `most`. */
size_t cbor_in_array(struct cbor_in *in, size_t least, size_t most);
size_t cbor_in_map(struct cbor_in *in, size_t least, size_t most);
/*
 * The next key of a map with integer keys of 0 and up, where no table reads it. *last is the key
 * before; start with -1.
 */
int cbor_in_key(struct cbor_in *in, int *last);
/* Nothing may be left: CBOR_TRAILING. The refusal, or REFUSAL_NONE. */
MUST_USE enum refusal cbor_in_end(struct cbor_in *in);

/*
 * An array of `least` to `most` octet strings of n octets each, in strictly ascending order:
 * CBOR_ORDER, CBOR_DUPLICATE. Its elements, without the array's head.
 */
struct span cbor_in_ids(struct cbor_in *in, size_t least, size_t most, size_t n, size_t *ret_count);
/* Keep `id` as the last; it must be above the one before, of the same length. */
void cbor_in_rising(struct cbor_in *in, struct span *last, struct span id);
/* Does this run of octet strings hold that one? */
bool cbor_ids_hold(struct span ids, struct span id);

#endif
