/* clients/device/reason.c: see reason.h. */
#include "clients/device/reason.h"

#include "clients/device/update_reason.h"

#define ROW(id, code, kind, result, transient, rule, advice) \
	[WHY_##id] = {{code, kind, rule, advice}, SIGNET_##result, transient}

const struct device_reason_row device_reasons[WHY_COUNT] = {
    ROW(ARGUMENT, "argument", ERR_INPUT, BAD_ARGUMENT, false, "a setting must be usable", ""),
    ROW(SERVER_URL, "argument.server", ERR_INPUT, BAD_ARGUMENT, false,
	"the server is https://host[:port]", "give --server https://host:8443, without a path"),
    ROW(LABEL, "argument.label", ERR_INPUT, BAD_ARGUMENT, false,
	"a label is one path segment and no EST operation's name, RFC 7030 section 3.2.2",
	"give the label that the operator named, or none"),
    ROW(ALGORITHM, "argument.algorithm", ERR_CONFIG, BAD_ARGUMENT, false,
	"the key algorithm must be known here", "try --algorithm EC-P256"),
    ROW(STORE, "store", ERR_INTERNAL, STORE_FAILED, false,
	"the key store must be readable and writable",
	"check the directory, its owner and free space"),
    ROW(STORE_OPEN_TO_OTHERS, "store.mode", ERR_DENIED, STORE_FAILED, false,
	"a key store is for its owner alone", "chmod 700 the directory, and ask who has read it"),
    ROW(STORE_LOCKED, "store.locked", ERR_CONFLICT, STORE_FAILED, false,
	"one program at a time changes the store", "wait for the other signet-device to end"),
    ROW(NO_IDENTITY, "identity.none", ERR_MISSING, NO_IDENTITY, false,
	"the device needs an identity to show", "run enroll with --idevid-cert and --idevid-key"),
    ROW(IDEVID, "identity.idevid", ERR_CONFIG, BAD_ARGUMENT, false,
	"the IDevID certificate and its key must be readable and fit together",
	"check both files; the key must be PEM, not encrypted, mode 0600"),
    ROW(NO_TRUST, "trust.none", ERR_CONFIG, BAD_ARGUMENT, false,
	"a server is never trusted blindly, RFC 7030 section 4.1.1",
	"give --pin with the root's SHA-256 fingerprint, or --cacert with the root"),
    ROW(PIN, "trust.pin", ERR_AUTH, NOT_TRUSTED, false,
	"the server must offer the certificate whose fingerprint is pinned",
	"compare the pin with what the operator gave out; somebody may stand between"),
    ROW(CA_FILE, "trust.ca-file", ERR_CONFIG, BAD_ARGUMENT, false,
	"the CA file holds PEM certificates", "check the path given as --cacert"),
    ROW(NETWORK_NAME, "network.name", ERR_BUSY, NETWORK, true, "the server's name must resolve",
	"check the spelling of --server, and this device's DNS"),
    ROW(NETWORK_CONNECT, "network.connect", ERR_BUSY, NETWORK, true,
	"the server must accept a connection",
	"check address and port, that the server runs, and firewalls between"),
    ROW(NETWORK_TIMEOUT, "network.timeout", ERR_BUSY, NETWORK, true,
	"the server must answer in time",
	"check the network between; the server may be overloaded"),
    ROW(NETWORK_BROKEN, "network.broken", ERR_BUSY, NETWORK, true, "an answer must arrive whole",
	"try again; if it stays, look at proxies between"),
    ROW(TLS_UNTRUSTED, "tls.untrusted", ERR_AUTH, NOT_TRUSTED, false,
	"the server's chain must lead to a trust anchor and carry its name, RFC 7030 section 3.6",
	"check that --server names what its certificate names, the anchor, and this device's clock"),
    ROW(TLS_REFUSED, "tls.refused", ERR_DENIED, REFUSED, false,
	"the server must accept the client certificate",
	"ask the operator whether this device is trusted"),
    ROW(TLS_FAILED, "tls.failed", ERR_AUTH, NETWORK, true,
	"a TLS 1.2 or 1.3 handshake must succeed", "check that this port speaks TLS"),
    ROW(TLS_BINDING, "tls.binding", ERR_AUTH, NOT_TRUSTED, false,
	"the request must be bound to its TLS connection, RFC 7030 section 3.5",
	"the server needs TLS 1.3, or TLS 1.2 with extended master secret"),
    ROW(ANSWER_TOO_LARGE, "answer.size", ERR_TOO_LARGE, BAD_ANSWER, false, "answers are bounded",
	"this is no EST server, or a broken one"),
    ROW(ANSWER_TYPE, "answer.type", ERR_MEDIA, BAD_ANSWER, false,
	"answers have the media type of RFC 7030 section 4",
	"check that --server is an EST server"),
    ROW(ANSWER_MALFORMED, "answer.malformed", ERR_INPUT, BAD_ANSWER, false,
	"answers are base64 of DER, RFC 8951 section 3", "report it to the operator"),
    ROW(CSRATTRS, "answer.csrattrs", ERR_INPUT, BAD_ANSWER, false,
	"CSR attributes are as in RFC 9908", "give --algorithm, or report it to the operator"),
    ROW(PENDING, "pending", ERR_PENDING, PENDING, false, "somebody must approve first",
	"run the same command again later, or with --wait 10m; the key is kept"),
    ROW(BUSY, "server.busy", ERR_BUSY, BUSY, true, "the server takes no more for now",
	"run it again later"),
    ROW(REFUSED_IDENTITY, "server.refused-identity", ERR_DENIED, REFUSED, false,
	"the server must accept this identity",
	"ask the operator; the server recorded the refusal"),
    ROW(REFUSED, "server.refused", ERR_DENIED, REFUSED, false, "the server must accept the request",
	"read what the server said; it recorded the refusal"),
    ROW(SERVER_FAILED, "server.failed", ERR_INTERNAL, BAD_ANSWER, true, "the server must not fail",
	"report it to the operator"),
    ROW(CERT_COUNT, "certificate.count", ERR_INPUT, BAD_CERTIFICATE, false,
	"the answer holds the issued certificate and no other of a device, RFC 7030 section 4.2.3",
	"report it to the operator"),
    ROW(CERT_KEY, "certificate.key", ERR_AUTH, BAD_CERTIFICATE, false,
	"the certificate must be for the key that asked", "report it to the operator"),
    ROW(CERT_CHAIN, "certificate.chain", ERR_AUTH, BAD_CERTIFICATE, false,
	"the certificate must lead to a trust anchor", "report it to the operator"),
    ROW(CERT_VALIDITY, "certificate.validity", ERR_AUTH, BAD_CERTIFICATE, false,
	"the certificate must be valid now",
	"check this device's clock, or enroll with --clock none"),
    ROW(CERT_IDENTITY, "certificate.identity", ERR_AUTH, BAD_CERTIFICATE, false,
	"the certificate must carry this device's serial number", "report it to the operator"),
    ROW(CERT_USAGE, "certificate.usage", ERR_AUTH, BAD_CERTIFICATE, false,
	"the certificate must be good for TLS client authentication", "report it to the operator"),
    ROW(NEW_IDENTITY_REFUSED, "identity.new-refused", ERR_DENIED, REFUSED, false,
	"the new identity must be accepted before it replaces the old one",
	"the old identity stays; report it to the operator"),
    ROW(NOT_DUE, "renewal.not-due", ERR_CONFLICT, NOT_DUE, false,
	"renewal is for the last part of life", ""),
    ROW(RESET_UNFINISHED, "reset.unfinished", ERR_CONFLICT, STORE_FAILED, false,
	"a factory reset that was begun is finished first",
	"run signet-device reset --if-begun, at every start of the device"),
    ROW(RESET_NONE, "reset.none", ERR_CONFLICT, NOT_DUE, false, "what was not begun needs no end",
	""),
    ROW(RESET_DATA, "reset.data", ERR_INPUT, BAD_ARGUMENT, false,
	"the product's data is a directory of its own, apart from the key store and the IDevID",
	"name the directory that holds the product's data and nothing else"),
    ROW(RESET_ERASE, "reset.erase", ERR_INTERNAL, STORE_FAILED, false,
	"all of the product's data is erased", "mend what the message names, and reset again"),
};

const struct device_reason_row *device_reason_of(const struct err *err)
{
	for (size_t i = 0; i < WHY_COUNT; i++)
		if (err->reason == &device_reasons[i].reason)
			return &device_reasons[i];
	return update_reason_of(err);
}

bool device_reason_is(const struct err *err, enum device_reason why)
{
	return err->reason == &device_reasons[why].reason;
}

bool device_reason_transient(const struct err *err)
{
	const struct device_reason_row *row = device_reason_of(err);

	return row && row->transient;
}

enum signet_result device_result(const struct err *err)
{
	const struct device_reason_row *row = device_reason_of(err);

	if (row)
		return row->result;
	switch (err->kind) {
	case ERR_NONE: return SIGNET_DONE;
	case ERR_CONFIG: return SIGNET_BAD_ARGUMENT;
	case ERR_INPUT:
	case ERR_TOO_LARGE: return SIGNET_BAD_ANSWER;
	default: return SIGNET_FAILED;
	}
}

struct status device_wrap(struct err *err, const struct reason *reason, const struct err *below)
{
	struct status s =
	    err_refuse(err, device_reason_of(below) ? below->reason : reason, "%s", below->message);

	if (below->cause[0])
		err_cause(err, "%s", below->cause);
	return s;
}
