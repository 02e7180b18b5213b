/* What a device calls itself must not become more than a part of the name that policy wrote. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "ca/profile.h"
#include "tests/unit/ca/enroll_scene.h"

TestSuite(ca_name_injection, .timeout = 60);

static const struct {
	const char *claim, *type, *template, *serial;
	const char *code; /* NULL: issued */
} cases[] = {
    {"a plain serial number", "dns", "{serial}.devices.example", "SN-1", NULL},
    /* RFC 9525 6.3: it would answer for each device of the domain. */
    {"a serial number that is a wildcard", "dns", "{serial}.devices.example", "*", "profile.name"},
    {"a wildcard that completes a name", "dns", "{serial}devices.example", "*.", "profile.name"},
    {"a wildcard that policy wrote", "dns", "*.{serial}.devices.example", "SN1", NULL},
    {"an empty label", "dns", "{serial}.devices.example", "a..b", "profile.name"},
    {"a wildcard of mail", "email", "unit@{serial}.devices.example", "*", "profile.name"},
    {"a second at sign", "email", "{serial}@devices.example", "x@evil", "profile.name"},
    {"an authority of its own in a URI", "uri", "coap://d.example:{serial}@x", "@evil#", NULL},
};

static bool has_raw(const struct answer *a, const char *text)
{
	const struct buf *der = &a->reply.certificate;

	return der->n > 0 && memmem(der->p, der->n, text, strlen(text)) != NULL;
}

Test(ca_name_injection, a_serial_number_stays_a_part_of_its_name)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene *s = scene_new();
		/* Makers put serial numbers into common names too, where any character may stand.
		 */
		const struct pki_idevid want = {
		    .product = "X100", .serial = "SN1", .common_name = cases[i].serial};
		struct holder device = {.key = pki_key("EC-P256")};
		EVP_PKEY *key = pki_key("EC-P256");
		char type[16], template[64], from[] = "subject.CN";
		struct err err = {0};
		struct answer a;

		s->anchor.serial.from = from;
		device.certificate = pki_idevid(&s->maker, device.key, &want);
		snprintf(type, sizeof type, "%s", cases[i].type);
		snprintf(template, sizeof template, "%s", cases[i].template);
		s->alternative[0] = (struct san_part){.type = type, .value = template};
		cr_assert(profile_compile(&s->profiles[0], &s->policy.arena, &err).ok, "%s: %s",
		    cases[i].claim, err.message);
		a = scene_ask(s, &(struct ask){.as = &device, .key = key});
		cr_expect_str_eq(err_code(&a.err), cases[i].code ? cases[i].code : "none",
		    "%s: %s: %s", cases[i].claim, err_code(&a.err), a.err.message);
		cr_expect_eq(a.done.ok, !cases[i].code, "%s", cases[i].claim);
		cr_expect(!has_raw(&a, ":@evil#"), "%s", cases[i].claim);
		answer_free(&a);
		EVP_PKEY_free(key);
		holder_free(&device);
		scene_free(s);
	}
}
