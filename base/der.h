/*
 * base/der.h: read and write DER (X.690), nothing else.
 *
 * The reader refuses what DER forbids: indefinite lengths, lengths longer than
 * needed, tags of more than one byte, a body that runs past its parent. It
 * allocates nothing: every span points into the input.
 */
#ifndef SIGNET_BASE_DER_H
#define SIGNET_BASE_DER_H

#include "base/err.h"
#include "base/span.h"

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTF8_STRING = 0x0c,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_PRINTABLE_STRING = 0x13,
	DER_TELETEX_STRING = 0x14,
	DER_IA5_STRING = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_CONTEXT = 0x80,             /* | n: [n] IMPLICIT, primitive */
	DER_CONTEXT_CONSTRUCTED = 0xa0, /* | n: [n] EXPLICIT or constructed */
};

struct der_item {
	uint8_t tag;
	struct span body;  /* contents */
	struct span whole; /* tag, length and contents */
};

/* Take the next item off `in`. False when what stands there is not DER; `in` is then untouched. */
MUST_USE bool der_next(struct span *in, struct der_item *ret_item);
/* The same, and the tag must fit. */
MUST_USE bool der_take(struct span *in, uint8_t tag, struct span *ret_body);
MUST_USE bool der_take_whole(struct span *in, uint8_t tag, struct span *ret_whole);
/* Is the next tag this one? False at the end. */
bool der_peek(struct span in, uint8_t tag);
/* A non-negative INTEGER that fits; minimal encoding is demanded. */
MUST_USE bool der_take_uint(struct span *in, uint64_t *ret_value);
/* BIT STRING whose unused bits are 0, as keys and signatures are. */
MUST_USE bool der_take_bits(struct span *in, struct span *ret_bits);
/* BOOLEAN, 00 or ff only. */
MUST_USE bool der_take_bool(struct span *in, bool *ret_value);
/* UTCTime or GeneralizedTime (Zulu, with seconds, no fraction) as seconds since 1970. RFC
 * 5280 4.1.2.5 */
MUST_USE bool der_take_time(struct span *in, int64_t *ret_seconds);

/* Writing: append to a buf. der_begin opens a constructed item, der_end closes it. */
size_t der_begin(struct buf *out, uint8_t tag);
void der_end(struct buf *out, size_t mark);
void der_put(struct buf *out, uint8_t tag, struct span body);
void der_put_uint(struct buf *out, uint64_t value);
/* Unsigned big-endian bytes as a positive INTEGER: leading zeros dropped, 00 put before a high bit.
 */
void der_put_unsigned(struct buf *out, struct span big_endian);
void der_put_bits(struct buf *out, struct span bits); /* 0 unused bits */
void der_put_named_bits(
    struct buf *out, uint32_t bits, int count); /* bit 0 first, no trailing zeros */
void der_put_bool(struct buf *out, bool value);
/* UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5). */
void der_put_time(struct buf *out, int64_t seconds);
void der_put_generalized_time(struct buf *out, int64_t seconds);
/* OID from dotted text, which must be right: for names in the source and checked policy. */
void der_put_oid(struct buf *out, const char *dotted);
/* Content octets of an OID from dotted text. False when it is not one. */
MUST_USE bool der_oid_from_text(const char *dotted, struct buf *out);
/* Dotted text of OID content octets, for people; "?" where it does not fit. */
void der_oid_text(struct span oid, char *text, size_t size);

/* 99991231235959Z, "no well-defined expiration date": RFC 5280 4.1.2.5. */
#define TIME_NO_EXPIRY INT64_C(253402300799)

#endif
