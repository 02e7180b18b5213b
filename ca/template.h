/*
 * ca/template.h: text with {variables}, compiled once, rendered for each certificate.
 *
 * {serial} {product} {manufacturer} are the authenticated device's; {device} is "manufacturer
 * product serial"; {dns} and {ip} are a server's and only for Signet's own profiles; {dns} in
 * a subject is the address of a server that has no name. "{{" is a "{".
 */
#ifndef SIGNET_CA_TEMPLATE_H
#define SIGNET_CA_TEMPLATE_H

#include "ca/issue.h"

enum template_variable {
	TEMPLATE_TEXT,
	TEMPLATE_SERIAL,
	TEMPLATE_PRODUCT,
	TEMPLATE_MANUFACTURER,
	TEMPLATE_DEVICE,
	TEMPLATE_DNS,
	TEMPLATE_IP,
	TEMPLATE_VARIABLES
};

#define TEMPLATE_FOR_DEVICES                                                            \
	(1U << TEMPLATE_SERIAL | 1U << TEMPLATE_PRODUCT | 1U << TEMPLATE_MANUFACTURER | \
	    1U << TEMPLATE_DEVICE)
#define TEMPLATE_FOR_SERVERS (1U << TEMPLATE_DNS | 1U << TEMPLATE_IP)

struct template_piece {
	enum template_variable variable;
	struct span text; /* TEMPLATE_TEXT */
};

struct template
{
	const struct template_piece *pieces;
	size_t count;
	uint32_t variables; /* 1 << each variable that it names; 0: constant text */
};

/*
 * Compile into the arena. `member` names the text in messages ("subject CN"), `allowed` is the set
 * of variables. ERR_CONFIG with the member and the character (1 is the first).
 */
struct status template_compile(const char *member, const char *text, uint32_t allowed,
    struct arena *arena, struct template *ret_template, struct err *err);

/*
 * Append the text. With `percent`, what variables give is percent-encoded but for unreserved
 * characters (RFC 3986 2.1), as a URI needs. False: a variable has no value; `why` says which.
 */
MUST_USE bool template_render(const struct template *t, const struct issue_subject *subject,
    bool percent, struct buf *out, char *why, size_t size);

#endif
