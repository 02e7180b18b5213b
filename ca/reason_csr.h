/*
 * ca/reason_csr.h: reasons to refuse a certification request (ca/csr.c).
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_CA_REASON_CSR_H
#define SIGNET_CA_REASON_CSR_H

#define REASONS_CSR(X)                                                                        \
	X(CSR_SIZE, "csr.size", ERR_TOO_LARGE,                                                \
	    "a request is bounded; the largest key and signature that we take fit",           \
	    "leave out what the server does not need")                                        \
	X(CSR_MALFORMED, "csr.malformed", ERR_INPUT,                                          \
	    "RFC 2986 4.1: the body is the DER of a CertificationRequest and nothing behind", \
	    "look at the request with: openssl req -inform DER -text")                        \
	X(CSR_ATTRIBUTE, "csr.attribute", ERR_INPUT,                                          \
	    "RFC 2986 4.1 and RFC 2985 5.4: each attribute stands once, in its own form",     \
	    "make the request anew, each attribute and each extension once")                  \
	X(CSR_KEY, "csr.key", ERR_INPUT,                                                      \
	    "the public key must be well-formed and of an algorithm of this server",          \
	    "make a key of EC P-256, P-384, Ed25519 or RSA of 2048 bits and more")            \
	X(CSR_ALGORITHM, "csr.algorithm", ERR_INPUT,                                          \
	    "RFC 2986 4.2: the request is signed with an algorithm of its own key",           \
	    "sign with SHA-256, SHA-384 or SHA-512, or a scheme without a digest")            \
	X(CSR_SIGNATURE, "csr.signature", ERR_INPUT,                                          \
	    "RFC 2986 4.2: the signature proves possession of the private key",               \
	    "sign the request with the private key of the public key inside")

#endif
