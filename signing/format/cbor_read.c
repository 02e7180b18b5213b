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

/* RFC 8949 4.2.1: arguments "MUST be as short as possible"; 3.3: no two-octet simple below 32. */
static bool is_shortest(unsigned major, uint64_t value, size_t follow)
{
	uint64_t least = follow == 1   ? 24
			 : follow == 2 ? 0x100
			 : follow == 4 ? 0x10000
				       : 0x100000000;

	return follow == 0 || (value >= least && (major != CBOR_SIMPLE || value >= 32));
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
	if (!is_shortest(major, value, follow)) {
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

int32_t cbor_in_int(struct cbor_in *in)
{
	uint64_t value;
	enum cbor_major major = cbor_in_head(in, &value);

	if (major > CBOR_NEGATIVE || value >= INT32_MAX) {
		cbor_in_refuse(in, REFUSAL_CBOR_TYPE);
		return 0;
	}
	return major == CBOR_UINT ? (int32_t)value : -1 - (int32_t)value;
}

static struct span string(struct cbor_in *in, enum cbor_major wanted)
{
	uint64_t n = typed(in, wanted);
	struct span s = span(in->rest.p, (size_t)n);

	if (n > in->rest.n)
		cbor_in_refuse(in, REFUSAL_CBOR_END);
	if (in->refusal != REFUSAL_NONE)
		return SPAN_NONE;
	in->rest.p += s.n;
	in->rest.n -= s.n;
	return s;
}

struct span cbor_in_bytes(struct cbor_in *in)
{
	return string(in, CBOR_BYTES);
}

struct span cbor_in_bytes_of(struct cbor_in *in, size_t n)
{
	struct span s = string(in, CBOR_BYTES);

	if (s.n == n)
		return s;
	cbor_in_refuse(in, REFUSAL_CBOR_TYPE);
	return SPAN_NONE;
}

struct span cbor_in_text(struct cbor_in *in)
{
	return string(in, CBOR_TEXT);
}

struct span cbor_in_name(struct cbor_in *in)
{
	struct span s = string(in, CBOR_TEXT);
	bool good = s.n > 0 && s.n <= CBOR_NAME_MAX;

	for (size_t i = 0; good && i < s.n; i++)
		good = s.p[i] >= ' ' && s.p[i] <= '~';
	if (good)
		return s;
	cbor_in_refuse(in, REFUSAL_CBOR_TEXT);
	return SPAN_NONE;
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

/* ---- keys of maps --------------------------------------------------------------------------- */

/* Their order in deterministic CBOR as plain numbers: 0, 1, ... and behind them -1, -2, ... */
static uint32_t key_rank(int32_t key)
{
	return key >= 0 ? (uint32_t)key : (uint32_t)1 << 31 | (uint32_t)(-1 - key);
}

int32_t cbor_in_key(struct cbor_in *in, int32_t *last)
{
	int32_t key = cbor_in_int(in);

	if (*last != INT32_MIN && key_rank(key) <= key_rank(*last)) {
		cbor_in_refuse(in, key == *last ? REFUSAL_CBOR_DUPLICATE : REFUSAL_CBOR_ORDER);
		return 0;
	}
	*last = key;
	return key;
}

void cbor_in_this_key(struct cbor_in *in, int32_t key)
{
	int32_t found = cbor_in_int(in);

	if (found == key)
		return;
	/* Only rising keys stand before this one, so a lower one is out of order or there twice. */
	if (key_rank(found) < key_rank(key))
		cbor_in_refuse(in, found == key - 1 ? REFUSAL_CBOR_DUPLICATE : REFUSAL_CBOR_ORDER);
	cbor_in_refuse(in, REFUSAL_CBOR_MISSING);
}

/* ---- whole items ---------------------------------------------------------------------------- */

/* A map that is being read: its keys have to rise octet by octet (RFC 8949 4.2.1). */
struct level {
	uint32_t left; /* items still to come */
	bool is_map;
	struct span last; /* key before; p NULL: none */
};

static int compare(struct span a, struct span b)
{
	int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

/* A key that is a string or number has just been read: in->rest begins behind it. */
static void check_key(struct cbor_in *in, struct level *level, struct span key)
{
	int order = level->last.p ? compare(key, level->last) : 1;

	if (order <= 0)
		cbor_in_refuse(in, order ? REFUSAL_CBOR_ORDER : REFUSAL_CBOR_DUPLICATE);
	level->last = key;
}

/* One head with what belongs to it; items that it holds are yet to come: how many. */
static uint64_t shallow(struct cbor_in *in, bool *ret_map)
{
	struct cbor_in ahead = *in;
	uint64_t n;
	enum cbor_major major = cbor_in_head(&ahead, &n);

	*ret_map = major == CBOR_MAP;
	if (major == CBOR_BYTES || major == CBOR_TEXT) {
		string(in, major);
		return 0;
	}
	*in = ahead;
	if (major == CBOR_ARRAY || major == CBOR_MAP) {
		/* Each item has an octet at least: no count that the rest cannot hold. */
		if (n > in->rest.n)
			cbor_in_refuse(in, REFUSAL_CBOR_END);
		return major == CBOR_MAP ? 2 * n : n;
	}
	return major == CBOR_TAG ? 1 : 0;
}

struct span cbor_in_item(struct cbor_in *in)
{
	struct level levels[CBOR_DEPTH_MAX] = {{.left = 1}};
	const uint8_t *start = in->rest.p;
	size_t depth = 0;

	while (in->refusal == REFUSAL_NONE) {
		struct level *level = &levels[depth];
		const uint8_t *from = in->rest.p;
		bool is_key, is_map;
		uint64_t inside;

		if (level->left == 0) {
			if (depth == 0)
				return span(start, (size_t)(in->rest.p - start));
			depth--;
			continue;
		}
		is_key = level->is_map && level->left % 2 == 0;
		level->left--;
		inside = shallow(in, &is_map);
		if (is_key && inside)
			cbor_in_refuse(in, REFUSAL_CBOR_TYPE);
		if (is_key && in->refusal == REFUSAL_NONE)
			check_key(in, level, span(from, (size_t)(in->rest.p - from)));
		if (inside && ++depth == CBOR_DEPTH_MAX)
			cbor_in_refuse(in, REFUSAL_CBOR_DEPTH);
		else if (inside)
			levels[depth] = (struct level){(uint32_t)inside, is_map, SPAN_NONE};
	}
	return SPAN_NONE;
}

void cbor_in_file(struct cbor_in *in, size_t pairs, struct span name, enum refusal other)
{
	cbor_in_tag(in, CBOR_TAG_SELF);
	cbor_in_map(in, pairs, pairs);
	if (in->refusal == REFUSAL_CBOR_TYPE || in->refusal == REFUSAL_CBOR_COUNT)
		in->refusal = other;
	cbor_in_this_key(in, 0);
	if (!cbor_same(cbor_in_text(in), name))
		cbor_in_refuse(in, other);
}

struct span cbor_in_ids(struct cbor_in *in, size_t least, size_t most, size_t n, size_t *ret_count)
{
	size_t count = cbor_in_array(in, least, most);
	const uint8_t *start = in->rest.p;
	struct span last = SPAN_NONE;

	for (size_t i = 0; i < count; i++) {
		struct span id = cbor_in_bytes_of(in, n);
		int order = last.p && id.p ? memcmp(id.p, last.p, n) : 1;

		if (order <= 0)
			cbor_in_refuse(in, order ? REFUSAL_CBOR_ORDER : REFUSAL_CBOR_DUPLICATE);
		last = id;
	}
	*ret_count = count;
	return span(start, (size_t)(in->rest.p - start));
}

bool cbor_ids_hold(struct span ids, struct span id)
{
	struct cbor_in in = cbor_in(ids);

	while (in.rest.n)
		if (cbor_same(cbor_in_bytes(&in), id))
			return in.refusal == REFUSAL_NONE;
	return false;
}

enum refusal cbor_in_end(struct cbor_in *in)
{
	if (in->rest.n)
		cbor_in_refuse(in, REFUSAL_CBOR_TRAILING);
	return in->refusal;
}
