/*
 * ca/reason_request.h: reasons to refuse what was sent: HTTP, EST bodies, CSRs, channel bindings.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_CA_REASON_REQUEST_H
#define SIGNET_CA_REASON_REQUEST_H

#define REASONS_HTTP(X)                                                                           \
	X(HTTP_PATH, "http.path", ERR_MISSING, "RFC 9110 15.5.5: nothing is served at this path", \
	    "look at the path and the port; EST is at /.well-known/est[/label]/operation")        \
	X(HTTP_METHOD, "http.method", ERR_METHOD,                                                 \
	    "RFC 9110 15.5.6: the path is served, but not with this method",                      \
	    "use a method that the Allow header names")                                           \
	X(HTTP_MEDIA_TYPE, "http.media-type", ERR_MEDIA,                                          \
	    "RFC 7030 4.2.1: the Content-Type of a request must be the one of its operation",     \
	    "set the Content-Type header to the type that the message names")                     \
	X(HTTP_BODY_SIZE, "http.body-size", ERR_TOO_LARGE,                                        \
	    "RFC 9110 15.5.14: bodies are bounded, so that nobody can fill our memory",           \
	    "send a smaller body")                                                                \
	X(HTTP_HEADERS, "http.headers", ERR_TOO_LARGE,                                            \
	    "RFC 6585 5: headers are bounded in number and size", "send fewer headers")           \
	X(HTTP_FRAMING, "http.framing", ERR_INPUT,                                                \
	    "RFC 9112 6.3: one Content-Length or one Transfer-Encoding says where a body ends",   \
	    "send one of them, once")                                                             \
	X(HTTP_TARGET, "http.target", ERR_INPUT,                                                  \
	    "RFC 3986 2.1 and 2.5: a path is absolute, its escapes are two hex digits, none of "  \
	    "them hides a slash or a NUL, and together they are UTF-8",                           \
	    "send the path as the guide has it")                                                  \
	X(SERVICE_BUSY, "service.busy", ERR_BUSY, "requests wait in a queue of bounded length",   \
	    "try again after Retry-After seconds")                                                \
	X(SERVICE_POLICY, "service.policy", ERR_BUSY, "no policy has been loaded yet",            \
	    "try again later; the server is starting or cannot reach its database")

#define REASONS_EST(X)                                                                          \
	X(LABEL_UNKNOWN, "label.unknown", ERR_MISSING,                                          \
	    "RFC 7030 3.2.2: the path segment must name a label of this server",                \
	    "use a label that the operator gave you, or none")                                  \
	X(EST_NOT_OFFERED, "est.not-offered", ERR_MISSING,                                      \
	    "RFC 7030 4.3 and 4.4: full CMC and server-side key generation are optional",       \
	    "make the key on the device and use simpleenroll")                                  \
	X(BODY_BASE64, "body.base64", ERR_INPUT,                                                \
	    "RFC 8951 3.1: the body is the base64 of DER, without PEM armour",                  \
	    "send base64 (RFC 4648 section 4) of the DER request")                              \
	X(BODY_EMPTY, "body.empty", ERR_INPUT, "RFC 7030 4.2.1: the body is a PKCS#10 request", \
	    "send the certification request in the body")                                       \
	X(CSR_CHANGE_SUBJECT, "csr.change-subject-name", ERR_DENIED,                            \
	    "RFC 6402: ChangeSubjectName asks for names; names here come from the profile",     \
	    "leave the attribute out, or ask for the names that the profile gives")

#define REASONS_BINDING(X)                                                                         \
	X(BINDING_ABSENT, "binding.absent", ERR_DENIED,                                            \
	    "RFC 7030 3.5: this label requires that the request is linked to its TLS session",     \
	    "put the base64 of tls-unique (TLS 1.2) or tls-exporter (TLS 1.3) into the "           \
	    "challengePassword of the request")                                                    \
	X(BINDING_MISMATCH, "binding.mismatch", ERR_INPUT,                                         \
	    "RFC 7030 3.5: the channel binding value in the request must be that of this session", \
	    "make a fresh request in each TLS session, or leave challengePassword out where the "  \
	    "label does not require it")                                                           \
	X(BINDING_MALFORMED, "binding.malformed", ERR_INPUT,                                       \
	    "RFC 7030 3.5: challengePassword holds the base64 of the channel binding value",       \
	    "put the base64 of tls-unique (TLS 1.2) or tls-exporter (TLS 1.3) there, and no "      \
	    "password of your own")                                                                \
	X(BINDING_UNAVAILABLE, "binding.unavailable", ERR_DENIED,                                  \
	    "RFC 7627 and RFC 9266: without extended master secret a TLS 1.2 session has "         \
	    "no trustworthy channel binding",                                                      \
	    "use TLS 1.3, or TLS 1.2 with the extended master secret extension")

#endif
