/*
 * access/reason_release.h: reasons to refuse releases, their signing, recall and trust statements.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_ACCESS_REASON_RELEASE_H
#define SIGNET_ACCESS_REASON_RELEASE_H

#define REASONS_RELEASE(X)                                                                          \
	X(RELEASE_UNKNOWN, "release.unknown", ERR_MISSING,                                          \
	    "there is no such release, or none that you may see", "look at `signet release list`")  \
	X(RELEASE_CHANNEL, "release.channel", ERR_DENIED,                                           \
	    "a product's releases are signed on a channel that has a channel document",             \
	    "apply a document of kind channel for this product, or name another channel")           \
	X(RELEASE_VENDOR, "release.vendor", ERR_CONFLICT,                                           \
	    "a manifest names its vendor by the product's vendor_domain, and its class by model "   \
	    "and channel; they are those of the product, when it is made and when it is signed",    \
	    "set vendor_domain in the product's document; where it or the model has changed, make " \
	    "the release anew under another version")                                               \
	X(RELEASE_VERSION, "release.version", ERR_INPUT,                                            \
	    "a version is 1 to 64 visible ASCII characters", "write it as in 1.2.3")                \
	X(RELEASE_COMPONENT, "release.component", ERR_INPUT,                                        \
	    "a release has 1 to 8 components, each with an id of its own (a-z 0-9 . _ -), a size "  \
	    "and a digest (sha256, sha384 or sha512, in hex)",                                      \
	    "correct the component that the message names")                                         \
	X(RELEASE_URI, "release.uri", ERR_INPUT,                                                    \
	    "a component's URI is an https, http, coap or coaps one, under a prefix that the "      \
	    "channel allows",                                                                       \
	    "put the file under one of the channel's uri_prefixes")                                 \
	X(RELEASE_NOTES, "release.notes", ERR_INPUT,                                                \
	    "notes are UTF-8 text of at most 4,000 bytes",                                          \
	    "shorten the notes; refer to what is longer")                                           \
	X(RELEASE_SBOM, "release.sbom", ERR_INPUT,                                                  \
	    "an SBOM is named by its format, cyclonedx or spdx, and its SHA-256; the channel may "  \
	    "demand one",                                                                           \
	    "give the SBOM of what is released")                                                    \
	X(RELEASE_SUPERSEDES, "release.supersedes", ERR_CONFLICT,                                   \
	    "a release supersedes an earlier one of its product and channel",                       \
	    "name the sequence number of such a release, or none")                                  \
	X(RELEASE_EXISTS, "release.exists", ERR_CONFLICT,                                           \
	    "a version of a product is released once on a channel: the same again by the same "     \
	    "principal is the same release, anything else is not",                                  \
	    "take a new version; or send exactly what was sent before")                             \
	X(RELEASE_STATE, "release.state", ERR_CONFLICT,                                             \
	    "draft, requested, approved, signed, published, recalled: a release goes one way, and " \
	    "back to draft only when its request ends without a signature",                         \
	    "look at the release, and do what its state allows")                                    \
	X(RELEASE_REQUESTER, "release.requester", ERR_DENIED,                                       \
	    "the channel names who may ask for a signature",                                        \
	    "ask as one of the channel's requesters")                                               \
	X(RELEASE_SOURCE, "release.source", ERR_DENIED,                                             \
	    "the channel names the repository, ref and workflow that its releases come from, as "   \
	    "the CI's token says them",                                                             \
	    "run the release there; or have the channel's sources changed")                         \
	X(RELEASE_REF, "release.ref", ERR_DENIED,                                                   \
	    "releases come from a ref that its repository protects: anybody who may push can "      \
	    "change another",                                                                       \
	    "protect the branch or tag; a channel that is not for production can say any_ref")      \
	X(RELEASE_FORK, "release.fork", ERR_DENIED,                                                 \
	    "a run for a pull or merge request may execute a stranger's code: it releases nothing", \
	    "release from the branch, after the merge")                                             \
	X(RELEASE_TEST_KEY, "release.test-key", ERR_DENIED,                                         \
	    "a test key never signs for a production channel",                                      \
	    "name a key in the channel's document that is no test key")                             \
	X(RELEASE_KEY_STATE, "release.key-state", ERR_DENIED,                                       \
	    "every key of the channel signs every manifest, and none that is retired or revoked "   \
	    "signs anything",                                                                       \
	    "take the key out of the channel's document, and put another in")                       \
	X(RELEASE_KEY_PRODUCT, "release.key-product", ERR_DENIED,                                   \
	    "a signing key that names products signs for these alone",                              \
	    "name a key in the channel's document that signs for this product")                     \
	X(RELEASE_KEY, "release.key", ERR_KEY,                                                      \
	    "the key that a signing-key document leads to is the one whose public key it states",   \
	    "operators: put the key's file into this node's key directory, or correct key_uri")     \
	X(RELEASE_FORMAT, "release.format", ERR_DENIED,                                             \
	    "cms is signed with keys of EC or Ed25519 that have a certificate",                     \
	    "add such a key to the channel, or take cms out of its formats")                        \
	X(RELEASE_WINDOW, "release.window", ERR_DENIED,                                             \
	    "the channel says on which days and hours (UTC) its releases are published",            \
	    "publish it within the window that the message names")                                  \
	X(RELEASE_OLDER, "release.older", ERR_CONFLICT,                                             \
	    "what devices of a channel find never goes back: devices refuse an older sequence",     \
	    "make the release anew: it gets a number above all others")                             \
	X(RELEASE_SUCCESSOR, "release.successor", ERR_CONFLICT,                                     \
	    "devices leave a recalled release for one of the same product and channel that is "     \
	    "published, not recalled, and newer",                                                   \
	    "publish such a release first, or name no successor")                                   \
	X(RELEASE_RECALLS, "release.recalls", ERR_LIMIT,                                            \
	    "a recall list names at most 1,000 releases of a channel",                              \
	    "raise the first sequence in the trust statement's grant: older ones are refused then") \
	X(RELEASE_BUNDLE, "release.bundle", ERR_INTERNAL,                                           \
	    "a bundle is verified before it leaves: this one does not hold",                        \
	    "operators: what is stored was changed; see `signet log verify`")                       \
	X(LOG_PENDING, "log.pending", ERR_BUSY,                                                     \
	    "a bundle carries the proof that its signature is in the log: within a second or two",  \
	    "try again in a moment")                                                                \
	X(TRUST_FORM, "trust.form", ERR_INPUT,                                                      \
	    "a trust statement is what `signet trust` writes: deterministic CBOR, nothing else",    \
	    "send the signed file as it is")                                                        \
	X(TRUST_FOR, "trust.for", ERR_UNFIT,                                                        \
	    "a trust statement names a product that is there, and its vendor id is made of the "    \
	    "product's vendor_domain",                                                              \
	    "make the statement for this product")                                                  \
	X(TRUST_QUORUM, "trust.quorum", ERR_DENIED,                                                 \
	    "a statement is signed by the quorum that the one before it names, and by its own; no " \
	    "signature on it is bad",                                                               \
	    "have it signed by who the message says, on their machines")                            \
	X(TRUST_VERSION, "trust.version", ERR_CONFLICT,                                             \
	    "versions of a product's trust statements rise by one; the first is 1",                 \
	    "make the statement from the newest one")

#endif
