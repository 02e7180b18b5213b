/*
 * ca/reason_issue.h: reasons for which no certificate is made. Lints have theirs in ca/lint.c.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_CA_REASON_ISSUE_H
#define SIGNET_CA_REASON_ISSUE_H

#define REASONS_ISSUE(X)                                                                            \
	X(CSR_KEY_ALGORITHM, "csr.key-algorithm", ERR_DENIED,                                       \
	    "a profile names the key algorithms that it certifies",                                 \
	    "make a key of one of the algorithms that the message names; csrattrs tells them")      \
	X(PROFILE_NAME, "profile.name", ERR_DENIED,                                                 \
	    "RFC 5280 4.1.2.6 and 4.2.1.6: what the profile's templates make of a device must fit " \
	    "the string types and lengths of names",                                                \
	    "the operator must look at the profile's subject and san, or at how the trust anchor "  \
	    "reads the serial number")

#endif
