#include <criterion/criterion.h>

#include "tests/unit/ca/trust_scene.h"

static void expect_code(
    struct scene *s, const struct made *leaf, const char *code, const char *name)
{
	cr_expect_not(scene_judge(s, leaf, NULL), "%s is accepted", name);
	cr_expect_str_eq(
	    err_code(&s->err), code, "%s: %s: %s", name, err_code(&s->err), s->err.message);
}

static void expect_good(struct scene *s, const struct made *leaf, const char *name)
{
	cr_expect(
	    scene_judge(s, leaf, NULL), "%s: %s: %s", name, err_code(&s->err), s->err.message);
}

struct field_case {
	const char *name, *from, *match;
	uint32_t normalise;
	const char *want; /* NULL: idevid.identity */
};

#define N(step) (1U << NORMALISE_##step)

Test(ca_trust_identity, serial_numbers_are_matched_and_normalised)
{
	static const struct field_case cases[] = {
	    {"short name", "subject.CN", NULL, 0, " 00:aB-7.c "},
	    {"dotted OID", "subject.2.5.4.3", NULL, 0, " 00:aB-7.c "},
	    {"trim", "subject.CN", NULL, N(TRIM), "00:aB-7.c"},
	    {"upper", "subject.CN", NULL, N(TRIM) | N(UPPER), "00:AB-7.C"},
	    {"lower", "subject.CN", NULL, N(TRIM) | N(LOWER), "00:ab-7.c"},
	    {"zeros", "subject.CN", NULL, N(TRIM) | N(STRIP_ZEROS), ":aB-7.c"},
	    {"separators", "subject.CN", NULL, N(STRIP_SEPARATORS), "00aB7c"},
	    {"all, in order", "subject.CN", NULL,
		N(TRIM) | N(UPPER) | N(STRIP_ZEROS) | N(STRIP_SEPARATORS), "AB7C"},
	    {"first group", "subject.O", "([A-Z]+)-([0-9]+)", 0, "SN"},
	    {"all without a group", "subject.O", "[A-Z]+-[0-9]+", 0, "SN-0042"},
	    {"second group", "subject.O", "[A-Z]+-0*([1-9][0-9]*)", 0, "42"},
	    {"no match", "subject.O", "[a-z]+", 0, NULL},
	    {"match of a part only", "subject.O", "SN", 0, NULL},
	    {"alternatives match whole", "subject.O", "SN|0042", 0, NULL},
	    {"a pattern that breaks out of its anchors", "subject.O", "SN)|(0042", 0, NULL},
	    {"only zeros keep one", "subject.L", NULL, N(STRIP_ZEROS), "0"},
	    {"nothing is left", "subject.ST", NULL, N(STRIP_SEPARATORS), NULL},
	    {"64 characters", "subject.title", NULL, 0,
		"0123456789012345678901234567890123456789012345678901234567890123"},
	    {"65 characters", "subject.GN", NULL, 0, NULL},
	    {"attribute not there", "subject.C", NULL, 0, NULL},
	    {"SAN not there", "san.hwSerialNum", NULL, 0, NULL},
	};
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Root", NULL);
	struct made leaf = make(
	    &root, &(struct plan){
		       .subject = {"OU", "X100", "CN", " 00:aB-7.c ", "O", "SN-0042", "L", "000",
			   "ST", "-.:", "title",
			   "0123456789012345678901234567890123456789012345678901234567890123", "GN",
			   "01234567890123456789012345678901234567890123456789012345678901234"},
		       .extensions = {IDEVID_USAGE, BELOW}});
	struct trust_anchor *anchor = scene_trust(&s, &root);
	for (size_t i = 0; i < COUNT(cases); i++) {
		scene_match(&anchor->serial, cases[i].from, cases[i].match);
		anchor->serial.normalise = cases[i].normalise;
		if (!cases[i].want) {
			expect_code(&s, &leaf, "idevid.identity", cases[i].name);
			continue;
		}
		expect_good(&s, &leaf, cases[i].name);
		cr_expect_str_eq(s.identity.serial, cases[i].want, "%s: \"%s\"", cases[i].name,
		    s.identity.serial);
	}
}

Test(ca_trust_identity, a_product_may_be_a_constant)
{
	static char y200[] = "Y200";
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Root", NULL), leaf = make_idevid(&root);
	scene_trust(&s, &root)->product = (struct identity_field){.value = y200};
	expect_good(&s, &leaf, "constant");
	cr_expect_eq(s.identity.product, &s.products[1]);
}

/* otherName { id-on-hardwareModuleName, [0] { SEQUENCE { hwType 1.2.3, hwSerialNum } } } */
#define HARDWARE(serial_hex) \
	"DER:30:1A:A0:18:06:08:2B:06:01:05:05:07:08:04:A0:0C:30:0A:06:02:2A:03:04:04:" serial_hex
#define HARDWARE_TWICE                                                                             \
	"DER:30:34:A0:18:06:08:2B:06:01:05:05:07:08:04:A0:0C:30:0A:06:02:2A:03:04:04:31:32:33:34:" \
	"A0:18:06:08:2B:06:01:05:05:07:08:04:A0:0C:30:0A:06:02:2A:03:04:04:31:32:33:34"

Test(ca_trust_identity, hardware_module_names_are_read)
{
	static const struct {
		const char *name, *san, *from, *want, *code;
	} cases[] = {
	    {"text", HARDWARE("31:32:33:34"), "san.hwSerialNum", "1234", NULL},
	    {"octets", HARDWARE("00:0A:FF:34"), "san.hwSerialNum", "000aff34", NULL},
	    {"type", HARDWARE("31:32:33:34"), "san.hwType", "1.2.3", NULL},
	    {"twice", HARDWARE_TWICE, "san.hwSerialNum", NULL, "idevid.identity"},
	    {"other names only", "DNS:a,otherName:1.2.3.4;UTF8:x", "san.hwSerialNum", NULL,
		"idevid.identity"},
	    {"cut", "DER:30:0E:A0:0C:06:08:2B:06:01:05:05:07:08:04:A0:00", "san.hwSerialNum", NULL,
		"idevid.malformed"},
	    {"bytes behind", "DER:30:02:82:00:05:00", "san.hwSerialNum", NULL, "idevid.malformed"},
	};
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Root", NULL);
	struct trust_anchor *anchor = scene_trust(&s, &root);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct made leaf = make(&root,
		    &(struct plan){.subject = {"OU", "X100"},
			.extensions = {IDEVID_USAGE, BELOW, "subjectAltName", cases[i].san}});
		scene_match(&anchor->serial, cases[i].from, NULL);
		if (cases[i].code) {
			expect_code(&s, &leaf, cases[i].code, cases[i].name);
			continue;
		}
		expect_good(&s, &leaf, cases[i].name);
		cr_expect_str_eq(s.identity.serial, cases[i].want, "%s", cases[i].name);
	}
}
