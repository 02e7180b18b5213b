/*
 * signing/format/cbor_fields.h: read maps with integer keys by tables, as cbor_read.h reads. No
 * heap, no library.
 */
#ifndef SIGNET_FORMAT_CBOR_FIELDS_H
#define SIGNET_FORMAT_CBOR_FIELDS_H

#include "signing/format/cbor_read.h"

/*
 * One row for each key that may stand there, ascending. `read` takes the value and puts it into
 * `object`, mostly at `offset`. An unknown key, one that is out of order or twice, or a required
 * one that is not there, ends the reading.
 */
struct cbor_field {
	void (*read)(struct cbor_in *in, void *object, const struct cbor_field *field);
	uint16_t offset;
	uint8_t key;
	bool required;
};

struct cbor_shape {
	const struct cbor_field *fields;
	uint8_t count;
	uint8_t unknown; /* enum refusal for keys without a row */
};

#define CBOR_SHAPE(name, table, other) \
	static const struct cbor_shape name = {(table), COUNT(table), REFUSAL_##other}

void cbor_in_fields(struct cbor_in *in, const struct cbor_shape *shape, void *object);
/* The same of a string of octets that is this map and nothing else. */
MUST_USE enum refusal cbor_read_fields(
    struct span bytes, const struct cbor_shape *shape, void *object);
/*
 * A file of ours: tag 55799 and a map, whose key 0 names it. `object` is zeroed and begins with a
 * struct span, which gets the name; `other` is the refusal where that is not `name`.
 */
MUST_USE enum refusal cbor_read_file(struct span file, const struct cbor_shape *shape,
    struct span name, enum refusal other, void *object);

/* For rows. The place is a uint64_t, a bool, or a struct span. */
void cbor_field_uint(struct cbor_in *in, void *object, const struct cbor_field *field);
void cbor_field_bool(struct cbor_in *in, void *object, const struct cbor_field *field);
void cbor_field_bytes(struct cbor_in *in, void *object, const struct cbor_field *field);
void cbor_field_text(struct cbor_in *in, void *object, const struct cbor_field *field);
void cbor_field_name(struct cbor_in *in, void *object, const struct cbor_field *field);
void cbor_field_id(struct cbor_in *in, void *object, const struct cbor_field *field); /* UUID */
/* No place: it must be 1, else CBOR_VERSION. */
void cbor_field_version(struct cbor_in *in, void *object, const struct cbor_field *field);

static inline void *cbor_place(void *object, const struct cbor_field *field)
{
	return (uint8_t *)object + field->offset;
}

#endif
