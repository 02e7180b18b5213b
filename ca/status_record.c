/* ca/status_record.c: see status_record.h. */
#include "ca/status_record.h"

#include "signing/format/cbor.h"

#define RECORD_VERSION 1

enum record_member {
	RECORD_MEMBER_VERSION = 1,
	RECORD_MEMBER_CERTIFICATE,
	RECORD_MEMBER_AUTHORITY,
	RECORD_MEMBER_SERIAL,
	RECORD_MEMBER_CHANGE,
	RECORD_MEMBER_REASON,
	RECORD_MEMBER_AT,
	RECORD_MEMBER_INVALIDITY,
	RECORD_MEMBER_WHO,
	RECORD_MEMBER_PERSON,
	RECORD_MEMBER_REQUEST,
	RECORD_MEMBER_MASS_ACT,
	RECORD_MEMBER_DEVICE,
	RECORD_MEMBER_SEQUENCE
};

static void put_number(struct buf *out, enum record_member member, int64_t number)
{
	cbor_put_uint(out, member);
	cbor_put_int(out, number);
}

static void put_text(struct buf *out, enum record_member member, const char *text)
{
	cbor_put_uint(out, member);
	cbor_put_text(out, text ? text : "");
}

void status_record(const struct status_columns *c, struct buf *out)
{
	cbor_put_head(out, CBOR_MAP, RECORD_MEMBER_SEQUENCE);
	put_number(out, RECORD_MEMBER_VERSION, RECORD_VERSION);
	put_number(out, RECORD_MEMBER_CERTIFICATE, c->certificate_id);
	put_number(out, RECORD_MEMBER_AUTHORITY, c->authority_id);
	cbor_put_uint(out, RECORD_MEMBER_SERIAL);
	cbor_put_bytes(out, c->serial);
	put_text(out, RECORD_MEMBER_CHANGE, c->change);
	put_number(out, RECORD_MEMBER_REASON, c->reason);
	put_number(out, RECORD_MEMBER_AT, c->at);
	put_number(out, RECORD_MEMBER_INVALIDITY, c->invalidity_at);
	put_text(out, RECORD_MEMBER_WHO, c->who);
	put_text(out, RECORD_MEMBER_PERSON, c->person);
	put_number(out, RECORD_MEMBER_REQUEST, c->request_id);
	put_number(out, RECORD_MEMBER_MASS_ACT, c->mass_act_id);
	put_number(out, RECORD_MEMBER_DEVICE, c->device_id);
	put_number(out, RECORD_MEMBER_SEQUENCE, c->sequence);
}
