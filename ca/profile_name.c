/* ca/profile_name.c: subjects and subject alternative names from templates. */

#include "ca/profile.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "ca/general_name.h"

static const char *const san_types[] = {
    [SAN_DNS] = "dns",
    [SAN_URI] = "uri",
    [SAN_IP] = "ip",
    [SAN_EMAIL] = "email",
    [SAN_HARDWARE_MODULE] = "hardware-module-name",
    [SAN_REGISTERED_ID] = "registered-id",
};

const struct issue_subject profile_nobody = {.serial = NULL};

/* ---- rendering ---- */

bool profile_put_rdn(const struct compiled_rdn *rdn, const struct issue_subject *subject,
    struct buf *out, char *why, size_t size)
{
	if (rdn->constant.n > 0) {
		buf_put(out, rdn->constant);
		return true;
	}
	AUTO(buf) value = {0};
	if (!template_render(&rdn->value, subject, false, &value, why, size) ||
	    !name_value_fits(&rdn->type, buf_span(&value), why, size))
		return false;
	name_put_rdn(out, &rdn->type, buf_span(&value));
	return true;
}

static bool put_ip_text(struct span text, struct buf *out, char *why, size_t size)
{
	uint8_t address[16];
	char zero_ended[64];
	snprintf(zero_ended, sizeof(zero_ended), "%.*s", SPAN_PRINT(text));
	size_t n = inet_pton(AF_INET, zero_ended, address) == 1    ? 4
		   : inet_pton(AF_INET6, zero_ended, address) == 1 ? 16
								   : 0;
	if (n == 0) {
		snprintf(why, size, "\"%s\" is no IPv4 or IPv6 address", zero_ended);
		return false;
	}
	der_put(out, GENERAL_IP, span(address, n));
	return true;
}

static bool put_registered_id(struct span text, struct buf *out, char *why, size_t size)
{
	AUTO(buf) dotted = {0};
	AUTO(buf) oid = {0};
	buf_put(&dotted, text);
	if (!der_oid_from_text(buf_cstr(&dotted), &oid)) {
		snprintf(why, size, "\"%.64s\" is no OID", buf_cstr(&dotted));
		return false;
	}
	der_put(out, GENERAL_REGISTERED_ID, buf_span(&oid));
	return true;
}

static bool put_general_name(
    const struct compiled_san *san, struct span value, struct buf *out, char *why, size_t size)
{
	switch (san->type) {
	case SAN_DNS:
		if (!dns_name_fits(value, why, size))
			return false;
		der_put(out, GENERAL_DNS, value);
		return true;
	case SAN_URI:
		if (!uri_fits(value, NULL, why, size))
			return false;
		der_put(out, GENERAL_URI, value);
		return true;
	case SAN_EMAIL:
		if (!email_fits(value, why, size))
			return false;
		der_put(out, GENERAL_EMAIL, value);
		return true;
	case SAN_IP: return put_ip_text(value, out, why, size);
	case SAN_REGISTERED_ID: return put_registered_id(value, out, why, size);
	case SAN_HARDWARE_MODULE:
		general_name_put_hardware_module(out, san->hw_type, value);
		return true;
	}
	return false;
}

static bool put_server_names(const struct compiled_san *san, const struct issue_subject *subject,
    struct buf *out, char *why, size_t size)
{
	if (subject->dns && !put_general_name(san, span_str(subject->dns), out, why, size))
		return false;
	for (size_t i = 0; i < subject->more_dns_count; i++)
		if (!put_general_name(san, span_str(subject->more_dns[i]), out, why, size))
			return false;
	return true;
}

static bool put_server_addresses(
    const struct issue_subject *subject, struct buf *out, char *why, size_t size)
{
	for (size_t i = 0; i < subject->more_ip_count + 1; i++) {
		struct span ip = i == 0 ? subject->ip : subject->more_ip[i - 1];
		if (i == 0 && ip.n == 0)
			continue;
		if (ip.n != 4 && ip.n != 16) {
			snprintf(why, size, "an address of %zu octets", ip.n);
			return false;
		}
		der_put(out, GENERAL_IP, ip);
	}
	return true;
}

static size_t stars(struct span text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '*';
	return n;
}

/*
 * A wildcard is policy's to write. From a device that calls itself "*" it would make a certificate
 * that answers for all others of the domain (RFC 9525 6.3).
 */
static bool brings_wildcard(const struct compiled_san *san, struct span value)
{
	size_t written = 0;

	for (size_t i = 0; i < san->value.count; i++)
		written += stars(san->value.pieces[i].text);
	return (san->type == SAN_DNS || san->type == SAN_EMAIL) && stars(value) > written;
}

static bool render_san(const struct compiled_san *san, const struct issue_subject *subject,
    struct buf *value, char *why, size_t size)
{
	if (!template_render(&san->value, subject, san->type == SAN_URI, value, why, size))
		return false;
	if (!brings_wildcard(san, buf_span(value)))
		return true;
	snprintf(why, size, "a wildcard would come from the device: \"%.*s\"",
	    SPAN_PRINT(buf_span(value)));
	return false;
}

bool profile_put_san(const struct compiled_san *san, const struct issue_subject *subject,
    struct buf *out, char *why, size_t size)
{
	if (san->constant.n > 0) {
		buf_put(out, san->constant);
		return true;
	}
	if (san->value.variables == 1U << TEMPLATE_DNS && san->value.count == 1)
		return put_server_names(san, subject, out, why, size);
	if (san->value.variables == 1U << TEMPLATE_IP)
		return put_server_addresses(subject, out, why, size);
	AUTO(buf) value = {0};
	return render_san(san, subject, &value, why, size) &&
	       put_general_name(san, buf_span(&value), out, why, size);
}

/* ---- compiling ---- */

static struct status compile_rdn(const struct subject_part *part, uint32_t variables,
    struct compiled_rdn *rdn, struct arena *arena, struct err *err)
{
	AUTO(buf) constant = {0};
	char why[200];
	rdn->member = arena_printf(arena, "subject %s", part->attribute);
	TRY(name_type_find(part->attribute, arena, &rdn->type, err));
	TRY(template_compile(
	    rdn->member, part->value, variables & ~(1U << TEMPLATE_IP), arena, &rdn->value, err));
	if (rdn->value.variables != 0)
		return STATUS_OK;
	if (!profile_put_rdn(rdn, &profile_nobody, &constant, why, sizeof(why)))
		return err_set(err, ERR_CONFIG, "subject %s", why);
	rdn->constant = arena_copy(arena, buf_span(&constant));
	return STATUS_OK;
}

static bool san_type_by_name(const char *name, enum san_type *ret_type)
{
	for (size_t i = 0; i < COUNT(san_types); i++) {
		if (strcmp(san_types[i], name) == 0) {
			*ret_type = (enum san_type)i;
			return true;
		}
	}
	return false;
}

static struct status compile_hw_type(
    const struct san_part *part, struct compiled_san *san, struct arena *arena, struct err *err)
{
	AUTO(buf) oid = {0};
	bool wanted = san->type == SAN_HARDWARE_MODULE;
	if (wanted != (part->hw_type != NULL))
		return err_set(err, ERR_CONFIG, "%s: hw_type %s", san->member,
		    wanted ? "is required: the OID of the hardware type (RFC 4108 section 5)"
			   : "belongs to hardware-module-name only");
	if (!wanted)
		return STATUS_OK;
	if (!der_oid_from_text(part->hw_type, &oid))
		return err_set(
		    err, ERR_CONFIG, "%s: hw_type \"%s\" is no OID", san->member, part->hw_type);
	san->hw_type = arena_copy(arena, buf_span(&oid));
	return STATUS_OK;
}

/* {ip} stands alone in an ip part and nowhere else: it is octets, not text. */
static struct status check_ip_variable(const struct compiled_san *san, struct err *err)
{
	if (!(san->value.variables & 1U << TEMPLATE_IP))
		return STATUS_OK;
	if (san->type != SAN_IP || san->value.count != 1)
		return err_set(err, ERR_CONFIG, "%s: {ip} stands alone, in type ip", san->member);
	return STATUS_OK;
}

static struct status compile_san(const struct san_part *part, uint32_t variables,
    struct compiled_san *san, struct arena *arena, struct err *err)
{
	AUTO(buf) constant = {0};
	char why[200];
	san->member = arena_printf(arena, "san %s", part->type);
	if (!san_type_by_name(part->type, &san->type))
		return err_set(err, ERR_CONFIG,
		    "%s: unknown type; known are dns, uri, ip, email, hardware-module-name, registered-id",
		    san->member);
	TRY(template_compile(san->member, part->value, variables, arena, &san->value, err));
	TRY(compile_hw_type(part, san, arena, err));
	TRY(check_ip_variable(san, err));
	if (san->value.variables != 0)
		return STATUS_OK;
	if (!profile_put_san(san, &profile_nobody, &constant, why, sizeof(why)))
		return err_set(err, ERR_CONFIG, "%s: %s", san->member, why);
	san->constant = arena_copy(arena, buf_span(&constant));
	return STATUS_OK;
}

struct status profile_compile_names(const struct profile *profile, uint32_t variables,
    struct profile_compiled *compiled, struct arena *arena, struct err *err)
{
	const struct subject_part *subject = profile->subject.items;
	const struct san_part *san = profile->san.items;
	if (profile->subject.count > NAME_RDNS_MAX || profile->san.count > PROFILE_SANS_MAX)
		return err_set(err, ERR_CONFIG, "more than %d subject or %d san parts",
		    NAME_RDNS_MAX, PROFILE_SANS_MAX);
	compiled->subject = arena_alloc(arena, profile->subject.count * sizeof(*compiled->subject));
	compiled->san = arena_alloc(arena, profile->san.count * sizeof(*compiled->san));
	for (size_t i = 0; i < profile->subject.count; i++)
		TRY(compile_rdn(&subject[i], variables, &compiled->subject[i], arena, err));
	compiled->subject_count = profile->subject.count;
	compiled->san_constant = true;
	for (size_t i = 0; i < profile->san.count; i++) {
		TRY(compile_san(&san[i], variables, &compiled->san[i], arena, err));
		if (compiled->san[i].constant.n == 0)
			compiled->san_constant = false;
	}
	compiled->san_count = profile->san.count;
	return STATUS_OK;
}
