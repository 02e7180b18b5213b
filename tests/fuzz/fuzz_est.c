/* An EST body as it arrives: base64, the request inside, its binding. */
#include <openssl/ssl.h>
#include <stdlib.h>

#include "base/encode.h"
#include "ca/binding.h"
#include "ca/csr.h"
#include "ca/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read points into what was sent; what passed as linked is the session's value. */
static void check_csr(const struct csr *csr, struct span der)
{
	if (!csr->key_algorithm || !csr->signature_algorithm || csr->der.n != der.n)
		abort();
	if (csr->subject.p < der.p || csr->subject.p + csr->subject.n > der.p + der.n)
		abort();
	if (csr->spki.p < der.p || csr->spki.p + csr->spki.n > der.p + der.n)
		abort();
}

static void check_binding(struct span challenge)
{
	static const uint8_t unique[12] = {1, 2, 3}, exporter[32] = {4, 5, 6};
	const struct channel_binding sessions[] = {
	    {TLS1_2_VERSION, true, SPAN_OF(unique), SPAN_OF(exporter)},
	    {TLS1_2_VERSION, false, SPAN_OF(unique), SPAN_NONE},
	    {TLS1_3_VERSION, true, SPAN_NONE, SPAN_OF(exporter)},
	};

	for (size_t i = 0; i < COUNT(sessions); i++)
		for (int rule = POP_REQUIRED; rule <= POP_OFF; rule++) {
			struct err err = {0};
			bool linked = false;
			bool ok = binding_check(rule, &sessions[i], challenge, &linked, &err).ok;

			if (ok == (err.kind != ERR_NONE) || (linked && (!ok || !challenge.p)))
				abort();
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf) der = {0};
	struct csr csr;
	struct err err = {0};

	check_binding(span(data, size < CHALLENGE_PASSWORD_MAX + 2 ? size : 0));
	if (!base64_decode(span(data, size), &der, &err).ok)
		return 0;
	if (!csr_parse(buf_span(&der), &csr, &err).ok) {
		if (err.kind == ERR_NONE || !err.message[0])
			abort();
		return 0;
	}
	check_csr(&csr, buf_span(&der));
	check_binding(csr.challenge_password);
	return 0;
}
