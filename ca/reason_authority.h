/*
 * ca/reason_authority.h: reasons to refuse to make, take over or retire an authority.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_CA_REASON_AUTHORITY_H
#define SIGNET_CA_REASON_AUTHORITY_H

#define REASONS_AUTHORITY(X)                                                                      \
	X(AUTHORITY_ORDER, "authority.order", ERR_UNFIT,                                          \
	    "RFC 5280 4.2.1.9 and 4.2.1.10: an authority stays within what the one above it may " \
	    "issue: path length, names, lifetime",                                                \
	    "mend what the message names, and order again")                                       \
	X(AUTHORITY_PARENT, "authority.parent", ERR_UNFIT,                                        \
	    "an authority is issued by one that is there and not retired",                        \
	    "name an active authority as parent; GET /api/v1/authorities lists them")             \
	X(AUTHORITY_OFFLINE, "authority.offline", ERR_CONFLICT,                                   \
	    "the key of a root is never loaded by a running server",                              \
	    "POST /api/v1/authorities/NAME/key makes a key and a request for the one who holds "  \
	    "the parent's key to sign; POST /api/v1/authorities/NAME/certificate brings the "     \
	    "chain in. `signetd init --chain --key` takes over an authority that exists")         \
	X(AUTHORITY_THERE, "authority.there", ERR_CONFLICT,                                       \
	    "the name of an authority, and its key, belong to one authority for ever",            \
	    "choose another name")                                                                \
	X(AUTHORITY_KEY, "authority.key", ERR_CONFLICT,                                           \
	    "a certificate is taken in for the key that was made for this authority",             \
	    "make the key with POST /api/v1/authorities/NAME/key first, and have that request "   \
	    "signed")                                                                             \
	X(AUTHORITY_RETIRED, "authority.retired", ERR_CONFLICT,                                   \
	    "a retired authority issues nothing; what it has issued stays valid",                 \
	    "let the profile name an active authority")                                           \
	X(AUTHORITY_REVOKED, "authority.revoked", ERR_CONFLICT,                                   \
	    "an authority that was revoked, or stands below one, issues nothing more",            \
	    "make another authority, let the profiles name it, and let devices enroll anew")      \
	X(AUTHORITY_IN_USE, "authority.in-use", ERR_CONFLICT,                                     \
	    "an authority that a label's profile issues from is not retired under it",            \
	    "let the label use a profile of another authority first")

#endif
