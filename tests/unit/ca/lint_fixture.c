#include "lint_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

#include "ca/extension.h"

#define BASIC "2.5.29.19"
#define USAGE "2.5.29.15"
#define SKI   "2.5.29.14"
#define AKI   "2.5.29.35"

static struct span hex(const struct parts *p, const char *text)
{
	return fixture_hex(&p->world->arena, text);
}

/* A BIT STRING, SEQUENCE or other item around bytes. */
static struct span item(const struct parts *p, uint8_t tag, struct span body)
{
	AUTO(buf) out = {0};
	der_put(&out, tag, body);
	return arena_copy(&p->world->arena, buf_span(&out));
}

static struct span time_item(const struct parts *p, int64_t when, bool generalized)
{
	AUTO(buf) out = {0};
	if (generalized)
		der_put_generalized_time(&out, when);
	else
		der_put_time(&out, when);
	return arena_copy(&p->world->arena, buf_span(&out));
}

static struct span changed_time(const struct parts *p, const char *what, int64_t good)
{
	if (strcmp(what, "future") == 0)
		return time_item(p, p->world->now + 3600, false);
	if (strcmp(what, "early") == 0)
		return time_item(p, p->world->now - 301, false);
	if (strcmp(what, "beyond") == 0)
		return time_item(p, p->world->issuing.not_after + 1, false);
	cr_assert_str_eq(what, "generalized");
	return time_item(p, good, true);
}

static void set_extension(struct parts *p, const char *oid, int critical, struct span value)
{
	size_t i = 0;
	while (i < p->count && strcmp(p->extensions[i].oid, oid) != 0)
		i++;
	p->extensions[i] = (struct part_extension){oid, value, critical};
	if (i == p->count)
		p->count++;
}

static void set_key_ids(struct parts *p, const struct authority *issuer)
{
	uint8_t key_id[KEY_ID_SIZE];
	cr_assert(key_id_of_spki(p->spki, key_id));
	set_extension(p, SKI, 0, item(p, DER_OCTET_STRING, SPAN_OF(key_id)));
	if (issuer)
		set_extension(
		    p, AKI, 0, item(p, DER_SEQUENCE, item(p, DER_CONTEXT | 0, issuer->ski)));
}

static void good_leaf_extensions(struct parts *p)
{
	set_extension(p, BASIC, 1, hex(p, "3000"));
	set_extension(p, USAGE, 1, hex(p, "03020780"));
	set_extension(p, "2.5.29.37", 0, hex(p, "300a06082b06010505070302"));
	set_extension(p, "2.5.29.32", 0, hex(p, "3008300606042a030405"));
	/* dns a.example, uri urn:a, ip 192.0.2.1, email a@example */
	set_extension(p, "2.5.29.17", 0,
	    hex(p, "30238209612e6578616d706c65860575726e3a618704c0000201810961406578616d706c65"));
	/* http://a.example/c */
	set_extension(
	    p, "2.5.29.31", 0, hex(p, "301a3018a016a0148612687474703a2f2f612e6578616d706c652f63"));
	set_extension(p, "1.3.6.1.5.5.7.1.1", 0,
	    hex(p, "3020301e06082b060105050730018612687474703a2f2f612e6578616d706c652f63"));
	/* https://a.example/m */
	set_extension(
	    p, "1.3.6.1.5.5.7.1.25", 0, hex(p, "161368747470733a2f2f612e6578616d706c652f6d"));
}

static void good_ca_extensions(struct parts *p)
{
	set_extension(p, BASIC, 1, hex(p, "30060101ff020100"));
	set_extension(p, USAGE, 1, hex(p, "03020106"));
	/* permitted dns example */
	set_extension(p, "2.5.29.30", 1, hex(p, "300da00b300982076578616d706c65"));
}

void parts_good(struct parts *p, struct world *world, enum base base)
{
	const struct authority *issuer = base == LEAF        ? &world->issuing
					 : base == AUTHORITY ? &world->root
							     : NULL;
	const struct key_algorithm *a;
	struct err err = {0};
	*p = (struct parts){.world = world, .spki = hsm_key_spki(world->device_key)};
	cr_assert(key_algorithm_of_spki(issuer ? issuer->spki : p->spki, &a, &err).ok);
	p->version = hex(p, "02");
	p->serial = hex(p, "4102030405060708090a0b0c0d0e0f10");
	p->signature = a->signature->identifier;
	/* C=DE, O=Acme, CN=unit 1, serialNumber=Sensor-01 */
	p->subject = hex(p,
	    "3041310b3009060355040613024445310d300b060355040a0c0441636d65310f300d06035504030c06756e69"
	    "742031311230100603550405130953656e736f722d3031");
	p->issuer = issuer ? issuer->subject : p->subject;
	p->not_before = time_item(p, world->now - 300, false);
	p->not_after = time_item(p, world->now + 90 * DAY, false);
	set_key_ids(p, issuer);
	if (base == LEAF)
		good_leaf_extensions(p);
	else
		good_ca_extensions(p);
}

/* ---- breaking ---- */

static void change_key(struct parts *p, const char *what)
{
	if (strcmp(what, "issuer") == 0) {
		p->spki = p->world->issuing.spki;
	} else if (strcmp(what, "RSA-1024") == 0) {
		/* 1024 bits of modulus: no key at all is needed to see that it is short */
		AUTO(buf) modulus = {0};
		AUTO(buf) key = {0};
		AUTO(buf) bits = {0};
		AUTO(buf) spki = {0};
		for (int i = 0; i < 128; i++)
			buf_put_byte(&modulus, 0xf1);
		der_put_unsigned(&key, buf_span(&modulus));
		der_put_uint(&key, 65537);
		struct span rsa = item(p, DER_SEQUENCE, buf_span(&key));
		buf_put(&spki, hex(p, "300d06092a864886f70d0101010500"));
		der_put_bits(&spki, rsa);
		p->spki = item(p, DER_SEQUENCE, buf_span(&spki));
	} else {
		p->spki = arena_copy(&p->world->arena, hsm_key_spki(fixture_key(what)));
	}
	for (size_t i = 0; i < p->count; i++) {
		uint8_t key_id[KEY_ID_SIZE];
		if (strcmp(p->extensions[i].oid, SKI) == 0 && key_id_of_spki(p->spki, key_id))
			p->extensions[i].value = item(p, DER_OCTET_STRING, SPAN_OF(key_id));
	}
}

static void drop(struct parts *p, const char *oid)
{
	size_t kept = 0;
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->extensions[i].oid, oid) != 0)
			p->extensions[kept++] = p->extensions[i];
	cr_assert_lt(kept, p->count, "%s was not there", oid);
	p->count = kept;
}

static void long_policy(struct parts *p)
{
	AUTO(buf) body = {0};
	for (int i = 0; i < 9000; i++) {
		AUTO(buf) oid = {0};
		buf_printf(&oid, "1.2.3.%d", i);
		size_t mark = der_begin(&body, DER_SEQUENCE);
		der_put_oid(&body, buf_cstr(&oid));
		der_end(&body, mark);
	}
	set_extension(p, "2.5.29.32", 0, item(p, DER_SEQUENCE, buf_span(&body)));
}

void parts_change(struct parts *p, const struct step *s)
{
	switch (s->part) {
	case VERSION: p->version = hex(p, s->hex); break;
	case SERIAL: p->serial = hex(p, s->hex); break;
	case SIGNATURE: p->signature = hex(p, s->hex); break;
	case ISSUER: p->issuer = hex(p, s->hex); break;
	case SUBJECT:
		p->subject = strcmp(s->hex, "issuer") == 0 ? p->issuer : hex(p, s->hex);
		break;
	case NOT_BEFORE: p->not_before = changed_time(p, s->hex, p->world->now - 300); break;
	case NOT_AFTER: p->not_after = changed_time(p, s->hex, p->world->now + 90 * DAY); break;
	case SPKI: change_key(p, s->hex); break;
	case UNIQUE_ID: p->unique_id = hex(p, s->hex); break;
	case EXTENSION: set_extension(p, s->oid, s->critical, hex(p, s->hex)); break;
	case AGAIN:
		p->extensions[p->count++] =
		    (struct part_extension){s->oid, hex(p, s->hex), s->critical};
		break;
	case DROP: drop(p, s->oid); break;
	case LONG_POLICY: long_policy(p); break;
	case STOP: break;
	}
}

/* ---- writing ---- */

static void write_extension(const struct part_extension *e, struct buf *out)
{
	size_t mark = der_begin(out, DER_SEQUENCE);
	der_put_oid(out, e->oid);
	if (e->critical != 0)
		der_put_bool(out, e->critical == 1);
	der_put(out, DER_OCTET_STRING, e->value);
	der_end(out, mark);
}

void parts_write(const struct parts *p, struct buf *out)
{
	size_t tbs = der_begin(out, DER_SEQUENCE);
	if (p->version.n > 0)
		der_put(out, DER_CONTEXT_CONSTRUCTED | 0, item(p, DER_INTEGER, p->version));
	der_put(out, DER_INTEGER, p->serial);
	buf_put(out, p->signature);
	buf_put(out, p->issuer);
	size_t validity = der_begin(out, DER_SEQUENCE);
	buf_put(out, p->not_before);
	buf_put(out, p->not_after);
	der_end(out, validity);
	buf_put(out, p->subject);
	buf_put(out, p->spki);
	if (p->unique_id.n > 0)
		der_put(out, DER_CONTEXT | 1, p->unique_id);
	size_t tag = der_begin(out, DER_CONTEXT_CONSTRUCTED | 3);
	size_t extensions = der_begin(out, DER_SEQUENCE);
	for (size_t i = 0; i < p->count; i++)
		write_extension(&p->extensions[i], out);
	der_end(out, extensions);
	der_end(out, tag);
	der_end(out, tbs);
}
