/* ca/enrolled_record.c: see enrolled_record.h. */
#include "ca/enrolled_record.h"

#include "base/json.h"

static void put_hex(struct json *j, const char *name, struct span bytes)
{
	AUTO(buf) text = {0};

	hex_encode(bytes, &text);
	json_span(j, name, buf_span(&text));
}

void enrolled_record(const struct enrolled_columns *c, struct buf *out)
{
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	json_str(&j, "act", "device.enrolled");
	json_int(&j, "at", c->at);
	json_str(&j, "product", c->product);
	json_str(&j, "serial", c->serial);
	json_str(&j, "state", "enrolled");
	json_str(&j, "label", c->label);
	put_hex(&j, "idevid", c->idevid);
	put_hex(&j, "key", c->key);
	json_object_end(&j);
}
