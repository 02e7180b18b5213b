/* Registration of one label is not to be had at another. */
#include <criterion/criterion.h>

#include "tests/unit/ca/enroll_scene.h"

TestSuite(ca_enroll_scope, .timeout = 60);

/* An open label makes a device of any unit that turns up: announced is what somebody announced. */
Test(ca_enroll_scope, who_turned_up_at_an_open_label_is_not_registered_elsewhere)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1"),
		      known = scene_idevid(s, "X100", "SN2");
	EVP_PKEY *key = pki_key("EC-P256"), *next = pki_key("EC-P256"), *third = pki_key("EC-P256");

	expect_certificate(s, &(struct ask){.as = &device, .key = key}, ENROLL_ISSUED);
	s->label.id = 2;
	s->label.registration = REGISTRATION_REQUIRED;
	expect_refused(s, &(struct ask){.as = &device, .key = next}, "device.unknown");
	pg_exec(&s->database, "INSERT INTO device (product_id, serial) VALUES (1, 'SN2')");
	expect_certificate(s, &(struct ask){.as = &known, .key = third}, ENROLL_ISSUED);
	/* Announced later: from now on it is. */
	pg_exec(&s->database, "UPDATE device SET announced = true WHERE serial = 'SN1'");
	expect_certificate(s, &(struct ask){.as = &device, .key = next}, ENROLL_ISSUED);
	EVP_PKEY_free(key);
	EVP_PKEY_free(next);
	EVP_PKEY_free(third);
	holder_free(&device);
	holder_free(&known);
	scene_free(s);
}

Test(ca_enroll_scope, a_renewal_at_another_label_meets_its_registration)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1"), ldevid;
	EVP_PKEY *key = pki_key("EC-P256"), *next = pki_key("EC-P256");
	struct answer a = scene_ask(s, &(struct ask){.as = &device, .key = key});
	const struct ask renewal = {.reenroll = true, .as = &ldevid, .key = next};

	ldevid = answer_holder(&a, key);
	answer_free(&a);
	/* The label of the certificate may become stricter: who is in stays in. */
	s->label.registration = REGISTRATION_REQUIRED;
	expect_certificate(s, &renewal, ENROLL_ISSUED);
	s->label.id = 2;
	expect_refused(s, &renewal, "device.unknown");
	s->label.registration = REGISTRATION_APPROVAL;
	expect_refused(s, &renewal, "ldevid.label");
	s->label.registration = REGISTRATION_OPEN;
	expect_certificate(s, &renewal, ENROLL_ISSUED);
	EVP_PKEY_free(key);
	EVP_PKEY_free(next);
	holder_free(&device);
	holder_free(&ldevid);
	scene_free(s);
}
