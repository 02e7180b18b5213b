/* clients/device/attempt.c: the server's wishes, the user's word, and what stands in the request.
 */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <openssl/x509v3.h>

#include "base/encode.h"
#include "tests/unit/device/rig.h"

static void wish(struct rig *rig, const char *hex)
{
	struct err err = {0};

	buf_reset(&rig->r->csrattrs);
	cr_assert(hex_decode(span_str(hex), &rig->r->csrattrs, &err).ok, "%s", err.message);
}

static const char *key_of(const struct rig *rig)
{
	static char group[32];
	EVP_PKEY *key = X509_get0_pubkey(rig->r->last_issued);
	size_t n;

	if (!EVP_PKEY_is_a(key, "EC"))
		return EVP_PKEY_get0_type_name(key);
	cr_assert_eq(EVP_PKEY_get_group_name(key, group, sizeof(group), &n), 1);
	return group;
}

Test(device_attempt, key_that_the_server_asks_for)
{
	struct rig *rig = rig_new(0);

	wish(rig, "301f301206072a8648ce3d0201310706052b8104002206092a864886f70d010907");
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_str_eq(key_of(rig), "secp384r1");
	cr_assert(rig->r->binding_good);
	wish(rig, "3000");
	cr_assert_eq(rig_renew(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_str_eq(key_of(rig), "secp384r1", "a renewal keeps what it has");
	rig_free(rig);
}

Test(device_attempt, hash_that_the_server_asks_for)
{
	struct rig *rig = rig_new(0);

	wish(rig, "300a06082a8648ce3d040303");
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_str_eq(key_of(rig), "prime256v1");
	cr_assert_eq(X509_REQ_get_signature_nid(rig->r->csr), NID_ecdsa_with_SHA384);
	rig_free(rig);
}

/* A hash for RSA keys says nothing about our EC key. */
Test(device_attempt, hash_that_does_not_fit_is_ignored)
{
	struct rig *rig = rig_new(0);

	wish(rig, "300b06092a864886f70d01010c");
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(X509_REQ_get_signature_nid(rig->r->csr), NID_ecdsa_with_SHA256);
	rig_free(rig);
}

Test(device_attempt, users_algorithm_counts_more_than_the_servers)
{
	struct rig *rig = rig_new(0);

	wish(rig, "3014301206072a8648ce3d0201310706052b81040022");
	rig->settings.algorithm = "Ed25519";
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_str_eq(key_of(rig), "ED25519");
	rig_free(rig);
}

Test(device_attempt, key_that_nobody_here_knows_is_refused_by_name)
{
	struct rig *rig = rig_new(0);

	wish(rig, "3014301206072a8648ce3d0201310706052b81040023");
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_BAD_ANSWER);
	cr_assert_not_null(strstr(rig->why.text, "1.3.132.0.35"), "%s", rig->why.text);
	rig->settings.algorithm = "EC-P256";
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	rig_free(rig);
}

Test(device_attempt, damaged_wishes_are_refused)
{
	struct rig *rig = rig_new(0);

	wish(rig, "300f06072a86");
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_BAD_ANSWER);
	cr_assert_str_eq(rig->why.code, "answer.csrattrs");
	cr_assert_eq(rig->r->enrollments, 0);
	rig_free(rig);
}

Test(device_attempt, subject_is_the_idevids)
{
	struct rig *rig = rig_new(0);

	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(X509_NAME_cmp(X509_REQ_get_subject_name(rig->r->csr),
			 X509_get_subject_name(rig->r->idevid)),
	    0);
	rig_free(rig);
}

/* A pending request with another algorithm is begun anew: the old key is not what is wanted. */
Test(device_attempt, pending_key_of_another_algorithm_is_replaced)
{
	struct rig *rig = rig_new(0);

	rig->r->pending = 1;
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_PENDING);
	rig->settings.algorithm = "EC-P384";
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_str_eq(key_of(rig), "secp384r1");
	rig_free(rig);
}

Test(device_attempt, unknown_algorithm_and_wrong_files_are_bad_arguments)
{
	struct rig *rig = rig_new(0);

	rig->settings.algorithm = "ROT-13";
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_BAD_ARGUMENT);
	cr_assert_str_eq(rig->why.code, "argument.algorithm");
	rig->settings.algorithm = NULL;
	mint_write_key(rig->idevid_key, rig->r->maker_key);
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_BAD_ARGUMENT);
	cr_assert_str_eq(rig->why.code, "identity.idevid");
	cr_assert_not_null(strstr(rig->why.text, "does not fit"), "%s", rig->why.text);
	rig->settings.label = "simpleenroll";
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_BAD_ARGUMENT);
	cr_assert_str_eq(rig->why.code, "argument.label");
	rig_free(rig);
}
