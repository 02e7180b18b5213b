/* ca/certificate_record.c: see certificate_record.h. */
#include "ca/certificate_record.h"

#include "signing/format/cbor.h"

#define RECORD_VERSION 2

enum record_member {
	RECORD_MEMBER_VERSION = 1,
	RECORD_MEMBER_DER,
	RECORD_MEMBER_AUTHORITY,
	RECORD_MEMBER_PRODUCT,
	RECORD_MEMBER_DEVICE_SERIAL,
	RECORD_MEMBER_PROFILE,
	RECORD_MEMBER_LABEL,
	RECORD_MEMBER_RENEWS
};

static void put_id(struct buf *out, enum record_member member, int64_t id)
{
	cbor_put_uint(out, member);
	cbor_put_int(out, id);
}

void certificate_record(const struct certificate_columns *c, struct buf *out)
{
	cbor_put_head(out, CBOR_MAP, RECORD_MEMBER_RENEWS);
	put_id(out, RECORD_MEMBER_VERSION, RECORD_VERSION);
	cbor_put_uint(out, RECORD_MEMBER_DER);
	cbor_put_bytes(out, c->der);
	put_id(out, RECORD_MEMBER_AUTHORITY, c->authority_id);
	put_id(out, RECORD_MEMBER_PRODUCT, c->product_id);
	cbor_put_uint(out, RECORD_MEMBER_DEVICE_SERIAL);
	cbor_put_text(out, c->device_serial ? c->device_serial : "");
	put_id(out, RECORD_MEMBER_PROFILE, c->profile_id);
	put_id(out, RECORD_MEMBER_LABEL, c->label_id);
	put_id(out, RECORD_MEMBER_RENEWS, c->renews);
}
