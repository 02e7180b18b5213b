#include "signing/format/cbor_fields.h"

/* The row of this key, from `row` on; the end: there is none. Rows left out must not be required.
 */
static const struct cbor_field *find(
    struct cbor_in *in, const struct cbor_field *row, const struct cbor_field *end, int key)
{
	for (; row < end && (key < 0 || row->key < key); row++)
		if (row->required)
			cbor_in_refuse(in, REFUSAL_CBOR_MISSING);
	return row;
}

void cbor_in_fields(struct cbor_in *in, const struct cbor_shape *shape, void *object)
{
	const struct cbor_field *row = shape->fields, *end = row + shape->count;
	int last = -1;

	for (size_t n = cbor_in_map(in, 0, CBOR_PAIRS_MAX); n; n--) {
		int key = cbor_in_key(in, &last);

		if (in->refusal != REFUSAL_NONE)
			return;
		row = find(in, row, end, key);
		if (row == end || row->key != key) {
			cbor_in_refuse(in, (enum refusal)shape->unknown);
			return;
		}
		row->read(in, object, row);
		row++;
	}
	find(in, row, end, INT32_MAX);
}

enum refusal cbor_read_fields(struct span bytes, const struct cbor_shape *shape, void *object)
{
	struct cbor_in in = cbor_in(bytes);

	cbor_in_fields(&in, shape, object);
	return cbor_in_end(&in);
}

enum refusal cbor_read_file(struct span file, const struct cbor_shape *shape, struct span name,
    enum refusal other, void *object)
{
	struct cbor_in in = cbor_in(file);
	const struct span *found = object;

	cbor_in_tag(&in, CBOR_TAG_SELF);
	cbor_in_fields(&in, shape, object);
	return bytes_equal(*found, name) ? cbor_in_end(&in) : other;
}

void cbor_field_uint(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	*(uint64_t *)cbor_place(object, field) = cbor_in_uint(in);
}

void cbor_field_bool(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	*(bool *)cbor_place(object, field) = cbor_in_bool(in);
}

void cbor_field_bytes(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	cbor_take_string(in, CBOR_BYTES, cbor_place(object, field));
}

void cbor_field_text(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	cbor_take_string(in, CBOR_TEXT, cbor_place(object, field));
}

void cbor_field_name(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	cbor_take_name(in, cbor_place(object, field));
}

void cbor_field_id(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	cbor_take_exactly(in, CBOR_ID_SIZE, cbor_place(object, field));
}

void cbor_field_version(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	(void)object;
	(void)field;
	if (cbor_in_uint(in) != 1)
		cbor_in_refuse(in, REFUSAL_CBOR_VERSION);
}
