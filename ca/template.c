/* ca/template.c: text with {variables}. */

#include "ca/template.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const char *const variable_names[TEMPLATE_VARIABLES] = {
    [TEMPLATE_TEXT] = "",
    [TEMPLATE_SERIAL] = "serial",
    [TEMPLATE_PRODUCT] = "product",
    [TEMPLATE_MANUFACTURER] = "manufacturer",
    [TEMPLATE_DEVICE] = "device",
    [TEMPLATE_DNS] = "dns",
    [TEMPLATE_IP] = "ip",
};

static enum template_variable variable_by_name(const char *name, size_t n, uint32_t allowed)
{
	for (int v = TEMPLATE_SERIAL; v < TEMPLATE_VARIABLES; v++)
		if ((allowed & 1U << v) && strlen(variable_names[v]) == n &&
		    memcmp(variable_names[v], name, n) == 0)
			return (enum template_variable)v;
	return TEMPLATE_TEXT;
}

/* Text up to the next variable, with "{{" made one. Returns where it ended. */
static const char *take_text(const char *at, struct buf *text)
{
	while (*at != '\0' && (*at != '{' || at[1] == '{')) {
		buf_put_byte(text, (uint8_t)*at);
		at += *at == '{' ? 2 : 1;
	}
	return at;
}

static struct status take_variable(const char *member, const char *text, const char **at,
    uint32_t allowed, enum template_variable *ret_variable, struct err *err)
{
	const char *name = *at + 1, *end = strchr(name, '}');
	if (!end)
		return err_set(err, ERR_CONFIG, "%s: \"{\" at character %td is never closed",
		    member, *at - text + 1);
	*ret_variable = variable_by_name(name, (size_t)(end - name), allowed);
	if (*ret_variable == TEMPLATE_TEXT)
		return err_set(err, ERR_CONFIG, "%s: unknown variable \"%.*s\" at character %td",
		    member, (int)(end + 1 - *at), *at, *at - text + 1);
	*at = end + 1;
	return STATUS_OK;
}

struct status template_compile(const char *member, const char *text, uint32_t allowed,
    struct arena *arena, struct template *ret_template, struct err *err)
{
	if (*text == '\0')
		return err_set(err, ERR_CONFIG, "%s: the template is empty", member);
	struct template t = {0};
	/* Every piece but the last takes at least one character. */
	struct template_piece *pieces = arena_alloc(arena, (strlen(text) + 1) * sizeof(*pieces));
	for (const char *at = text; *at != '\0';) {
		AUTO(buf) literal = {0};
		at = take_text(at, &literal);
		if (literal.n > 0)
			pieces[t.count++].text = arena_copy(arena, buf_span(&literal));
		if (*at == '\0')
			break;
		TRY(take_variable(member, text, &at, allowed, &pieces[t.count].variable, err));
		t.variables |= 1U << pieces[t.count++].variable;
	}
	t.pieces = pieces;
	*ret_template = t;
	return STATUS_OK;
}

static void put_text(struct buf *out, struct span text, bool percent)
{
	if (!percent) {
		buf_put(out, text);
		return;
	}
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		bool alphanumeric =
		    (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (alphanumeric || c == '-' || c == '.' || c == '_' || c == '~')
			buf_put_byte(out, c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

#define ADDRESS_SIZE (INET6_ADDRSTRLEN + sizeof("address "))

/*
 * A server without a name is called by its address, in words: OpenSSL takes a common name that
 * looks like a host for one and holds it to the DNS name constraints above.
 */
static const char *server_name(const struct issue_subject *s, char text[static ADDRESS_SIZE])
{
	char address[INET6_ADDRSTRLEN];
	if (s->dns || (s->ip.n != 4 && s->ip.n != 16))
		return s->dns;
	inet_ntop(s->ip.n == 4 ? AF_INET : AF_INET6, s->ip.p, address, sizeof(address));
	snprintf(text, ADDRESS_SIZE, "address %s", address);
	return text;
}

static const char *value_of(
    enum template_variable v, const struct issue_subject *s, char text[static ADDRESS_SIZE])
{
	switch (v) {
	case TEMPLATE_SERIAL: return s->serial;
	case TEMPLATE_PRODUCT: return s->product;
	case TEMPLATE_MANUFACTURER: return s->manufacturer;
	case TEMPLATE_DNS: return server_name(s, text);
	default: return NULL;
	}
}

/* {device} is three variables with a space between. */
static bool put_variable(struct buf *out, enum template_variable v, const struct issue_subject *s,
    bool percent, char *why, size_t size)
{
	static const enum template_variable device[] = {
	    TEMPLATE_MANUFACTURER, TEMPLATE_PRODUCT, TEMPLATE_SERIAL};
	if (v == TEMPLATE_DEVICE) {
		for (size_t i = 0; i < COUNT(device); i++) {
			if (i > 0)
				put_text(out, SPAN_LITERAL(" "), percent);
			if (!put_variable(out, device[i], s, percent, why, size))
				return false;
		}
		return true;
	}
	char address[ADDRESS_SIZE];
	const char *value = value_of(v, s, address);
	if (!value || *value == '\0') {
		snprintf(why, size, "{%s} has no value", variable_names[v]);
		return false;
	}
	put_text(out, span_str(value), percent);
	return true;
}

bool template_render(const struct template *t, const struct issue_subject *subject, bool percent,
    struct buf *out, char *why, size_t size)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct template_piece *piece = &t->pieces[i];
		if (piece->variable == TEMPLATE_TEXT)
			buf_put(out, piece->text);
		else if (!put_variable(out, piece->variable, subject, percent, why, size))
			return false;
	}
	return true;
}
