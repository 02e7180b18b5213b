/*
 * ca/name.h: X.501 Names: built from attributes, written as text. RFC 5280 4.1.2.4, RFC 4514.
 *
 * Every RDN that Signet writes has one attribute. The string type is the attribute's own where
 * a standard fixes it (countryName, serialNumber, dnQualifier: PrintableString; domainComponent,
 * emailAddress: IA5String), else UTF8String. Lengths are RFC 5280 appendix A.1's upper bounds,
 * counted in characters; where it has none, NAME_VALUE_MAX.
 */
#ifndef SIGNET_CA_NAME_H
#define SIGNET_CA_NAME_H

#include "base/der.h"

#define NAME_VALUE_MAX 255 /* characters, where no standard says less */
#define NAME_RDNS_MAX  16  /* RDNs that we write; reading for people stops there too */
#define NAME_TEXT_SIZE 512 /* room for the text of any sensible name */

struct name_type {
	const char *label; /* "CN", or the dotted OID */
	struct span oid;   /* content octets */
	uint8_t tag;       /* string type */
	size_t min, max;   /* characters */
};

/*
 * The type for a short name ("CN", as written in the table) or a dotted OID. A dotted OID of a
 * known attribute is that attribute. What the type points to is constant or lives in the arena.
 * ERR_CONFIG.
 */
struct status name_type_find(
    const char *attribute, struct arena *arena, struct name_type *ret_type, struct err *err);

/* Does the value fit string type and length? False: `why` says which character or bound. */
MUST_USE bool name_value_fits(
    const struct name_type *type, struct span value, char *why, size_t size);

/* One RDN: SET { SEQUENCE { OID, string } }. The value must fit. */
void name_put_rdn(struct buf *out, const struct name_type *type, struct span value);

/*
 * Append the Name that RFC 4514 text such as "CN=Acme Root,O=Acme,C=DE" stands for (last RDN first,
 * so that C leads in the DER). Text without '=' is a common name alone. Escapes: \, and \HH.
 * Refused: multi-valued RDNs, "#" values, an empty text. ERR_CONFIG, naming the character.
 */
struct status name_from_text(const char *text, struct buf *out, struct err *err);

/*
 * RFC 4514 text of a Name (whole DER), for people and logs: control characters and bytes that are
 * not UTF-8 are escaped, values that are no strings stand as #hex, a text too long ends in "...".
 * Never fails: what cannot be read is "?".
 */
void name_text(struct span name, char *text, size_t size);

/*
 * Do two Names (whole DER) say the same? RFC 5280 7.1 tells PrintableString from UTF8String
 * nowhere: what one program writes as the one, another writes as the other. All else must be equal
 * byte for byte, case and blanks too, so that two names which compare unequal elsewhere never do so
 * here.
 */
MUST_USE bool name_equal(struct span a, struct span b);

/* Is every character allowed there? X.680 41.4; seven bits; well-formed UTF-8. */
bool text_is_printable_string(struct span s);
bool text_is_ia5(struct span s);
bool text_is_utf8(struct span s, size_t *ret_characters);

#endif
