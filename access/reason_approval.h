/*
 * access/reason_approval.h: reasons to refuse requests, approvals and the acts that need them.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_ACCESS_REASON_APPROVAL_H
#define SIGNET_ACCESS_REASON_APPROVAL_H

#define REASONS_APPROVAL(X)                                                                            \
	X(REQUEST_ENDED, "request.ended", ERR_CONFLICT,                                                \
	    "a request is decided, withdrawn or redeemed once, and stays so",                          \
	    "look at the request; ask anew if the act is still wanted")                                \
	X(REQUEST_EXPIRED, "request.expired", ERR_CONFLICT,                                            \
	    "a request waits as long as its approval policy says, no longer", "ask anew")              \
	X(REQUEST_NOT_YOURS, "request.not-yours", ERR_DENIED,                                          \
	    "a request is withdrawn by the one who made it, and redeemed by that one or one who "      \
	    "approved it",                                                                             \
	    "ask the one who made it")                                                                 \
	X(REQUEST_CHANGED, "request.changed", ERR_CONFLICT,                                            \
	    "what is done is exactly what was approved: what it starts from has changed since",        \
	    "withdraw the request and ask anew, so that approvers see what it would do now")           \
	X(REQUEST_TOO_MANY, "request.too-many", ERR_LIMIT,                                             \
	    "the open requests of one principal are bounded",                                          \
	    "withdraw some that are open, or have them decided")                                       \
	X(REQUEST_RIGHTS, "request.rights", ERR_DENIED,                                                \
	    "the requester's rights are looked at again when a request is redeemed",                   \
	    "give the requester what the message names, or let somebody else ask")                     \
	X(REQUEST_ONE, "request.one", ERR_DENIED,                                                      \
	    "a token that a run exchanged is good for one request: to make it, look at it, redeem it", \
	    "exchange a new token for each request")                                                   \
	X(APPROVAL_OWN, "approval.own", ERR_DENIED,                                                    \
	    "nobody approves what they asked for or made themselves, nor what a run behind which "     \
	    "they stand did",                                                                          \
	    "let somebody else approve")                                                               \
	X(APPROVAL_PERSON, "approval.person", ERR_DENIED,                                              \
	    "the person behind a run approves nothing of it; as long as nobody here is that person, "  \
	    "it could be any approver",                                                                \
	    "give the identity to the principal of that person, and the issuer a person_claim")        \
	X(APPROVAL_ROLE, "approval.role", ERR_DENIED,                                                  \
	    "an approver is an enabled person who holds the role that the approval policy names, "     \
	    "in the scope of the act",                                                                 \
	    "let somebody approve who holds the role that the message names")                          \
	X(APPROVAL_CREDENTIAL, "approval.credential", ERR_DENIED,                                      \
	    "an approver's credential is their own: whoever made it for them could use it as well",    \
	    "use one that was made under an approval policy for token.create, or on the server's "     \
	    "machine (signetd token)")                                                                 \
	X(APPROVAL_TWICE, "approval.twice", ERR_CONFLICT,                                              \
	    "one person, one verdict: approvals come from distinct persons",                           \
	    "let somebody else approve")                                                               \
	X(APPROVAL_DIGEST, "approval.digest", ERR_CONFLICT,                                            \
	    "an approver names the digest of exactly what is approved",                                \
	    "look at the request again and name the digest that it shows")                             \
	X(APPROVAL_LACKING, "approval.lacking", ERR_DENIED,                                            \
	    "every approval policy that names the act must be met, as it stood when it was asked "     \
	    "and as it stands now, by persons who hold its role now",                                  \
	    "have it approved by those whom the message names")                                        \
	X(ENROLLMENT_DECIDED, "enrollment.decided", ERR_CONFLICT,                                      \
	    "an enrollment that waits is decided once, before it expires",                             \
	    "let the device try again; it waits anew where its label wants approval")                  \
	X(ENROLLMENT_APPROVALS, "enrollment.approvals", ERR_DENIED,                                    \
	    "an approval policy wants persons to agree, and on the server's machine nobody can be "    \
	    "told apart",                                                                              \
	    "approve it through the API, as those persons; in an emergency, --break-glass REASON, "    \
	    "which is recorded as an alarm")                                                           \
	X(APPROVAL_NEEDED, "approval.needed", ERR_PENDING,                                             \
	    "an approval policy names this act: others must approve it first",                         \
	    "have the request approved, then redeem it")

#endif
