#include "signing/format/cbor_read.h"

void cbor_in_refuse(struct cbor_in *in, enum refusal refusal)
{
	if (in->refusal == REFUSAL_NONE)
		in->refusal = refusal;
	in->rest.n = 0;
}

/* The octets of the argument behind the first one: how many, or why none. */
static enum refusal argument_size(struct span rest, unsigned low, size_t *ret_follow)
{
	size_t follow = low < 24 ? 0 : (size_t)1 << (low - 24);

	if (low == 31)
		return REFUSAL_CBOR_INDEFINITE;
	/* RFC 8949 3: 28 to 30 are reserved; floats we have not */
	if (low > 27 || (rest.p[0] >> 5 == CBOR_SIMPLE && follow > 1))
		return REFUSAL_CBOR_RESERVED;
	if (rest.n <= follow)
		return REFUSAL_CBOR_END;
	*ret_follow = follow;
	return REFUSAL_NONE;
}

/*
 * RFC 8949 4.2.1: arguments "MUST be as short as possible": something stands in their upper half,
 * where half as many octets would not do. 3.3: no two-octet simple value below 32.
 */
static bool is_shortest(const uint8_t *head, size_t follow)
{
	unsigned least = head[0] >> 5 == CBOR_SIMPLE ? 32 : 24;
	unsigned upper = 0;

	if (follow <= 1)
		return follow == 0 || head[1] >= least;
	for (size_t i = 1; i <= follow / 2; i++)
		upper |= head[i];
	return upper != 0;
}

enum cbor_major cbor_in_head(struct cbor_in *in, uint64_t *ret_value)
{
	enum refusal refusal = REFUSAL_CBOR_END;
	uint64_t value;
	size_t follow;
	unsigned major;

	*ret_value = 0;
	if (in->rest.n)
		refusal = argument_size(in->rest, in->rest.p[0] & 31, &follow);
	if (refusal != REFUSAL_NONE) {
		cbor_in_refuse(in, refusal);
		return CBOR_SIMPLE;
	}
	major = in->rest.p[0] >> 5;
	value = follow ? 0 : in->rest.p[0] & 31;
	for (size_t i = 1; i <= follow; i++)
		value = value << 8 | in->rest.p[i];
	if (!is_shortest(in->rest.p, follow)) {
		cbor_in_refuse(in, REFUSAL_CBOR_LONG);
		return CBOR_SIMPLE;
	}
	in->rest.p += 1 + follow;
	in->rest.n -= 1 + follow;
	*ret_value = value;
	return (enum cbor_major)major;
}

enum cbor_major cbor_in_peek(const struct cbor_in *in)
{
	return in->rest.n ? (enum cbor_major)(in->rest.p[0] >> 5) : CBOR_SIMPLE;
}

/* A head of this type. */
static uint64_t typed(struct cbor_in *in, enum cbor_major wanted)
{
	uint64_t value;

	if (cbor_in_head(in, &value) != wanted) {
		cbor_in_refuse(in, REFUSAL_CBOR_TYPE);
		return 0;
	}
	return value;
}

uint64_t cbor_in_uint(struct cbor_in *in)
{
	return typed(in, CBOR_UINT);
}

uint32_t cbor_in_small(struct cbor_in *in, uint32_t most)
{
	uint64_t value = cbor_in_uint(in);

	if (value > most) {
		cbor_in_refuse(in, REFUSAL_CBOR_TYPE);
		return 0;
	}
	return (uint32_t)value;
}

int cbor_in_int(struct cbor_in *in)
{
	uint64_t value;
	enum cbor_major major = cbor_in_head(in, &value);

	if (major > CBOR_NEGATIVE || value > INT32_MAX) {
		cbor_in_refuse(in, REFUSAL_CBOR_TYPE);
		return 0;
	}
	return major == CBOR_UINT ? (int)value : -1 - (int)value;
}

void cbor_take_string(struct cbor_in *in, enum cbor_major major, struct span *ret_string)
{
	uint64_t n = typed(in, major);

	*ret_string = SPAN_NONE;
	if (n > in->rest.n)
		cbor_in_refuse(in, REFUSAL_CBOR_END);
	if (in->refusal != REFUSAL_NONE)
		return;
	*ret_string = span(in->rest.p, (size_t)n);
	in->rest.p += ret_string->n;
	in->rest.n -= ret_string->n;
}

void cbor_take_exactly(struct cbor_in *in, size_t n, struct span *ret_bytes)
{
	cbor_take_string(in, CBOR_BYTES, ret_bytes);
	if (ret_bytes->n != n)
		cbor_in_refuse(in, REFUSAL_CBOR_TYPE);
}

void cbor_take_name(struct cbor_in *in, struct span *ret_name)
{
	bool good;

	cbor_take_string(in, CBOR_TEXT, ret_name);
	good = ret_name->n > 0 && ret_name->n <= CBOR_NAME_MAX;
	for (size_t i = 0; good && i < ret_name->n; i++)
		good = ret_name->p[i] >= ' ' && ret_name->p[i] <= '~';
	if (!good)
		cbor_in_refuse(in, REFUSAL_CBOR_TEXT);
}

bool cbor_in_bool(struct cbor_in *in)
{
	uint64_t value = typed(in, CBOR_SIMPLE);

	if (value != CBOR_SIMPLE_FALSE && value != CBOR_SIMPLE_TRUE)
		cbor_in_refuse(in, REFUSAL_CBOR_TYPE);
	return value == CBOR_SIMPLE_TRUE;
}

bool cbor_in_null(struct cbor_in *in)
{
	if (in->rest.n == 0 || in->rest.p[0] != (CBOR_SIMPLE << 5 | CBOR_SIMPLE_NULL))
		return false;
	in->rest.p++;
	in->rest.n--;
	return true;
}

void cbor_in_tag(struct cbor_in *in, uint32_t tag)
{
	if (typed(in, CBOR_TAG) != tag)
		cbor_in_refuse(in, REFUSAL_CBOR_TYPE);
}

static size_t counted(struct cbor_in *in, enum cbor_major major, size_t least, size_t most)
{
	uint64_t count = typed(in, major);

	if (count < least || count > most) {
		cbor_in_refuse(in, REFUSAL_CBOR_COUNT);
		return 0;
	}
	return (size_t)count;
}

size_t cbor_in_array(struct cbor_in *in, size_t least, size_t most)
{
	return counted(in, CBOR_ARRAY, least, most);
}

size_t cbor_in_map(struct cbor_in *in, size_t least, size_t most)
{
	return counted(in, CBOR_MAP, least, most);
}

/* ---- whole items ---------------------------------------------------------------------------- */

/* Well-formed items are never the beginning of another, so a common beginning says: the same. */
void cbor_in_rising(struct cbor_in *in, struct span *last, struct span id)
{
	int order = 1;

	if (in->refusal != REFUSAL_NONE)
		return;
	if (last->p)
		order = memcmp(id.p, last->p, id.n < last->n ? id.n : last->n);
	if (order <= 0)
		cbor_in_refuse(in, order ? REFUSAL_CBOR_ORDER : REFUSAL_CBOR_DUPLICATE);
	*last = id;
}

/* A head, and the octets of its string: how many items are to come that it holds. */
static uint32_t shallow(struct cbor_in *in, enum cbor_major *ret_major)
{
	struct cbor_in ahead = *in;
	struct span string;
	uint64_t n;
	enum cbor_major major = cbor_in_head(&ahead, &n);

	*ret_major = major;
	if (major == CBOR_BYTES || major == CBOR_TEXT) {
		cbor_take_string(in, major, &string);
		return 0;
	}
	*in = ahead;
	if (major == CBOR_TAG)
		return 1;
	if (major != CBOR_ARRAY && major != CBOR_MAP)
		return 0;
	/* Each item has an octet at least: no count that the rest cannot hold. */
	if (n > in->rest.n)
		cbor_in_refuse(in, REFUSAL_CBOR_END);
	return (uint32_t)n << (major == CBOR_MAP);
}

void cbor_take_item(struct cbor_in *in, struct span *ret_item)
{
	struct level {
		uint32_t left; /* items still to come */
		bool is_map;
		struct span last; /* key before */
	} levels[CBOR_DEPTH_MAX] = {{.left = 1}}, *level = levels;
	const uint8_t *start = in->rest.p;

	*ret_item = SPAN_NONE;
	while (in->refusal == REFUSAL_NONE) {
		const uint8_t *from = in->rest.p;
		enum cbor_major major;
		uint32_t inside = shallow(in, &major);

		/* Of a map keys and values take turns, and a value comes last. */
		if (level->is_map && level->left % 2 == 0) {
			cbor_in_rising(in, &level->last, span(from, (size_t)(in->rest.p - from)));
			if (inside)
				cbor_in_refuse(in, REFUSAL_CBOR_TYPE);
		}
		level->left--;
		if (inside && level == &levels[CBOR_DEPTH_MAX - 1])
			cbor_in_refuse(in, REFUSAL_CBOR_DEPTH);
		else if (inside)
			*++level = (struct level){inside, major == CBOR_MAP, SPAN_NONE};
		for (; level->left == 0 && in->refusal == REFUSAL_NONE; level--)
			if (level == levels) {
				*ret_item = span(start, (size_t)(in->rest.p - start));
				return;
			}
	}
}

/* ---- keys ---------------------------------------------------------------------------------- */

int cbor_in_key(struct cbor_in *in, int *last)
{
	int key = cbor_in_int(in);

	if (key >= 0 && key <= *last)
		cbor_in_refuse(in, key < *last ? REFUSAL_CBOR_ORDER : REFUSAL_CBOR_DUPLICATE);
	*last = key;
	return key;
}

/* ---- octet strings in order ----------------------------------------------------------------- */

struct span cbor_in_ids(struct cbor_in *in, size_t least, size_t most, size_t n, size_t *ret_count)
{
	size_t count = cbor_in_array(in, least, most);
	const uint8_t *start = in->rest.p;
	struct span last = SPAN_NONE;

	for (size_t i = 0; i < count; i++)
		cbor_in_rising(in, &last, cbor_in_bytes_of(in, n));
	*ret_count = count;
	return span(start, (size_t)(in->rest.p - start));
}

bool cbor_ids_hold(struct span ids, struct span id)
{
	struct cbor_in in = cbor_in(ids);

	while (in.rest.n)
		if (bytes_equal(cbor_in_bytes(&in), id))
			return in.refusal == REFUSAL_NONE;
	return false;
}

enum refusal cbor_in_end(struct cbor_in *in)
{
	if (in->rest.n)
		cbor_in_refuse(in, REFUSAL_CBOR_TRAILING);
	return in->refusal;
}
