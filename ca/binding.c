#include "ca/binding.h"

#include <openssl/ssl.h>

#include "base/encode.h"
#include "ca/policy.h"
#include "ca/reason.h"

static bool is_tls13(const struct channel_binding *session)
{
	return session->tls_version >= TLS1_3_VERSION;
}

static const char *binding_name(const struct channel_binding *session)
{
	return is_tls13(session) ? "tls-exporter" : "tls-unique";
}

/*
 * Before extended master secret two sessions of different parties could share a tls-unique (the
 * triple handshake that RFC 7627 was made against): such a value proves nothing.
 */
static bool trustworthy(const struct channel_binding *session)
{
	return is_tls13(session) || session->extended_master_secret;
}

static struct status compare(
    const struct channel_binding *session, struct span text, struct err *err)
{
	struct span value = is_tls13(session) ? session->tls_exporter : session->tls_unique;
	struct err why = {0};
	AUTO(buf) sent = {0};

	if (value.n == 0)
		return REFUSE(err, BINDING_UNAVAILABLE, "this session has no %s to compare with",
		    binding_name(session));
	if (text.n == 0 || text.n > CHALLENGE_PASSWORD_MAX || !base64_decode(text, &sent, &why).ok)
		return REFUSE(err, BINDING_MALFORMED,
		    "the challengePassword (%zu characters) is not the base64 of a channel binding "
		    "value",
		    text.n);
	if (!span_equal_constant_time(buf_span(&sent), value))
		return REFUSE(err, BINDING_MISMATCH,
		    "the challengePassword (%zu octets decoded) is not the %s (%zu octets) of this "
		    "TLS session",
		    sent.n, binding_name(session), value.n);
	return STATUS_OK;
}

/* RFC 7030 3.5: what is there must be verified; policy may demand that it is there. */
struct status binding_check(int rule, const struct channel_binding *session,
    struct span challenge_password, bool *ret_linked, struct err *err)
{
	*ret_linked = false;
	if (rule == POP_OFF)
		return STATUS_OK;
	if (rule == POP_REQUIRED && !trustworthy(session))
		return REFUSE(err, BINDING_UNAVAILABLE,
		    "this TLS 1.2 session is without extended master secret");
	if (!challenge_password.p) {
		if (rule == POP_REQUIRED)
			return REFUSE(err, BINDING_ABSENT,
			    "the request has no challengePassword with the %s of this session",
			    binding_name(session));
		return STATUS_OK;
	}
	TRY(compare(session, challenge_password, err));
	*ret_linked = trustworthy(session);
	return STATUS_OK;
}
