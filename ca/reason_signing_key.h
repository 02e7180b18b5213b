/*
 * ca/reason_signing_key.h: reasons to refuse to make a key that signs releases.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_CA_REASON_SIGNING_KEY_H
#define SIGNET_CA_REASON_SIGNING_KEY_H

#define REASONS_SIGNING_KEY(X)                                                                   \
	X(SIGNING_KEY_THERE, "signing-key.there", ERR_CONFLICT,                                  \
	    "the name of a signing key belongs to one key",                                      \
	    "choose another name; a key that is lost is retired, not made again")                \
	X(SIGNING_KEY_ALGORITHM, "signing-key.algorithm", ERR_UNFIT,                             \
	    "a key is made of an algorithm that this server's OpenSSL has",                      \
	    "choose another; ML-DSA needs OpenSSL 3.5 or later")                                 \
	X(SIGNING_KEY_AUTHORITY, "signing-key.authority", ERR_UNFIT,                             \
	    "a signing key's certificate comes from an authority that is there, active, "        \
	    "and whose key is held here",                                                        \
	    "name such an authority, or none: then the key has no certificate and signs no CMS") \
	X(SIGNING_KEY_SUBJECT, "signing-key.subject", ERR_UNFIT,                                 \
	    "RFC 5280 4.2.1.10: a certificate's subject lies within what its authority, and "    \
	    "those above it, may issue",                                                         \
	    "give a subject within it, such as CN=Acme signing 2027,O=Acme")

#endif
