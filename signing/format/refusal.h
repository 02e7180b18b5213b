/*
 * signing/format/refusal.h: why a manifest, a trust statement, a recall list or a bundle is
 * refused.
 *
 * The readers of these run where there is no heap, no errno and no text: they answer with one small
 * number, and this table says what it stands for. Codes are stable; numbers are not, so that what
 * is stored or sent is the code.
 */
#ifndef SIGNET_FORMAT_REFUSAL_H
#define SIGNET_FORMAT_REFUSAL_H

#include "base/base.h"

/* X(name, code, what was broken) */
#define REFUSALS(X)                                                                                \
	X(NONE, "ok", "nothing: it holds")                                                         \
	/* deterministic CBOR, RFC 8949 4.2.1 */                                                   \
	X(CBOR_END, "cbor.end", "it ends within an item")                                          \
	X(CBOR_INDEFINITE, "cbor.indefinite", "an indefinite length")                              \
	X(CBOR_RESERVED, "cbor.reserved", "a head that RFC 8949 reserves, or a float")             \
	X(CBOR_LONG, "cbor.long", "a length or number written longer than needed")                 \
	X(CBOR_TYPE, "cbor.type", "an item of another type, value or length than stands here")     \
	X(CBOR_DUPLICATE, "cbor.duplicate", "a key that is there twice")                           \
	X(CBOR_ORDER, "cbor.order", "keys or values out of order")                                 \
	X(CBOR_KEY, "cbor.key", "a key that is not known here")                                    \
	X(CBOR_MISSING, "cbor.missing", "a key that has to be there is not")                       \
	X(CBOR_TRAILING, "cbor.trailing", "octets behind the end")                                 \
	X(CBOR_DEPTH, "cbor.depth", "nested deeper than is read")                                  \
	X(CBOR_COUNT, "cbor.count", "fewer or more elements than may be")                          \
	X(CBOR_VERSION, "cbor.version", "a version of the format that is not read here")           \
	X(CBOR_TEXT, "cbor.text", "a name that is empty, too long or not of printable ASCII")      \
	/* signatures, RFC 9052 */                                                                 \
	X(COSE_TYPE, "cose.type", "not a COSE_Sign1 with detached payload")                        \
	X(COSE_CRITICAL, "cose.critical", "critical headers are not read")                         \
	X(COSE_HEADER, "cose.header", "a header besides algorithm and key ID")                     \
	X(COSE_ALGORITHM, "cose.algorithm", "the signature's algorithm does not fit the key")      \
	X(COSE_KEY, "cose.key", "a key of an unknown algorithm or of a wrong length")              \
	X(COSE_SIGNATURE, "cose.signature", "a signature by a known key does not verify")          \
	X(COSE_TWICE, "cose.twice", "two signatures by the same key")                              \
	/* envelope and manifest, draft-ietf-suit-manifest */                                      \
	X(SUIT_SIZE, "suit.size", "an envelope over the bound")                                    \
	X(SUIT_TAG, "suit.tag", "not a tagged SUIT envelope")                                      \
	X(SUIT_DELEGATION, "suit.delegation", "delegation chains are not read")                    \
	X(SUIT_ELEMENT, "suit.element",                                                            \
	    "an element that is not known; integrated payloads are not read")                      \
	X(SUIT_ALGORITHM, "suit.algorithm",                                                        \
	    "a digest by another algorithm than SHA-256, -384, -512")                              \
	X(SUIT_DIGEST, "suit.digest", "the digest is not that of the manifest or severed element") \
	X(SUIT_SEVERED, "suit.severed",                                                            \
	    "an element that the manifest does not name or has not here")                          \
	X(SUIT_UNSIGNED, "suit.unsigned", "no known key has signed it")                            \
	X(SUIT_COMPONENT, "suit.component", "a component that is not there, or none is selected")  \
	X(SUIT_PARAMETER, "suit.parameter", "a parameter that a command needs is not set")         \
	X(SUIT_UNSUPPORTED, "suit.unsupported", "a command, parameter or element not run here")    \
	X(SUIT_SHARED, "suit.shared", "a command that may not stand in the shared sequence")       \
	/* conditions, from here to abort: where one fails, try-each goes on */                    \
	X(SUIT_VENDOR, "suit.vendor", "made for another vendor")                                   \
	X(SUIT_CLASS, "suit.class", "made for another class: other model or other channel")        \
	X(SUIT_DEVICE, "suit.device", "made for another device")                                   \
	X(SUIT_SLOT, "suit.slot", "made for another slot")                                         \
	X(SUIT_IMAGE, "suit.image", "the image has another digest or size")                        \
	X(SUIT_ABORT, "suit.abort", "the manifest says: abort")                                    \
	X(SUIT_FAILED, "suit.failed", "a command could not be done")                               \
	X(SUIT_SEQUENCE, "suit.sequence", "an older sequence number than the device's")            \
	X(SUIT_SEQUENCE_SAME, "suit.sequence-same",                                                \
	    "a known release's number, in another release")                                        \
	/* trust statements */                                                                     \
	X(TRUST_SIZE, "trust.size", "a trust statement over the bound")                            \
	X(TRUST_FORMAT, "trust.format", "not a trust statement of this version")                   \
	X(TRUST_THRESHOLD, "trust.threshold", "a number of signatures that its keys cannot give")  \
	X(TRUST_REFERENCE, "trust.reference", "a grant names a key that is not among the keys")    \
	X(TRUST_UNPROVEN, "trust.unproven",                                                        \
	    "a grant asks for approvals, and no log is named that could prove them")               \
	X(TRUST_QUORUM_OLD, "trust.quorum-old",                                                    \
	    "too few keys of the statement in force signed it")                                    \
	X(TRUST_QUORUM_NEW, "trust.quorum-new", "too few of its own keys signed it")               \
	X(TRUST_OLD, "trust.old", "not newer than the statement in force")                         \
	X(TRUST_PRODUCT, "trust.product", "for another product")                                   \
	/* of a grant, the nearer to allowing the further behind: trust_judge() */                 \
	X(TRUST_KEY, "trust.key", "no grant is for the keys that signed")                          \
	X(TRUST_CHANNEL, "trust.channel", "the keys that signed may not sign for this channel")    \
	X(TRUST_RANGE, "trust.range", "the keys that signed may not sign this sequence number")    \
	X(TRUST_SIGNERS, "trust.signers", "too few of the keys that must sign have signed")        \
	X(TRUST_REVOKED, "trust.revoked", "a key that signed is revoked")                          \
	X(TRUST_APPROVALS, "trust.approvals", "fewer approvals than the grant asks for")           \
	/* recall lists */                                                                         \
	X(RECALL_SIZE, "recall.size", "a recall list over the bound")                              \
	X(RECALL_FORMAT, "recall.format", "not a recall list of this version")                     \
	X(RECALL_OTHER, "recall.other", "for another product, channel or class")                   \
	X(RECALL_OLD, "recall.old", "older than the list in force")                                \
	X(RECALL_SUCCESSOR, "recall.successor", "a recalled release cannot be the successor")      \
	X(RECALL_RECALLED, "recall.recalled", "this release is recalled")                          \
	/* bundles and their records */                                                            \
	X(BUNDLE_SIZE, "bundle.size", "a bundle over the bound")                                   \
	X(BUNDLE_FORMAT, "bundle.format", "not a bundle of this version")                          \
	X(BUNDLE_RECORD, "bundle.record", "the record is not of this envelope and signer")         \
	X(BUNDLE_CHAIN, "bundle.chain",                                                            \
	    "the chain is not the recorded one, or of no key that signed")                         \
	X(BUNDLE_ENTRY, "bundle.entry", "the log entry does not commit to the record")             \
	X(BUNDLE_PROOF, "bundle.proof", "the log's proof or checkpoint does not hold")             \
	X(BUNDLE_CHECKPOINT, "bundle.checkpoint", "an older checkpoint than one already seen")     \
	X(BUNDLE_APPROVER, "bundle.approver", "an approver twice, or the requester among them")    \
	/* which image may start, clients/device/boot */                                           \
	X(BOOT_STATE, "boot.state", "no whole record of the state: never made, or destroyed")      \
	X(BOOT_WRITE, "boot.write", "the state cannot be written")                                 \
	X(BOOT_READ, "boot.read", "a file or an image is not there, or too short")                 \
	X(BOOT_PROVISIONED, "boot.provisioned", "there is a state already")                        \
	X(BOOT_PIN, "boot.pin", "not the first trust statement that was meant")                    \
	X(BOOT_TRUST_LOST, "boot.trust-lost", "the trust statement in force is in neither place")  \
	X(BOOT_RECALL_LOST, "boot.recall-lost", "the recall list in force is in neither place")    \
	X(BOOT_SLOT, "boot.slot", "the slot is in use")                                            \
	X(BOOT_TRIES, "boot.tries", "no tries are left, or none or too many are asked for")        \
	X(BOOT_NO_TRIAL, "boot.no-trial", "no trial is under way")                                 \
	X(BOOT_NOT_STARTED, "boot.not-started", "it is not the trial that runs")                   \
	X(BOOT_CHANGED, "boot.changed", "the slot holds another manifest than the state says")     \
	X(BOOT_COMPONENTS, "boot.components",                                                      \
	    "not this device's components, or not each compared")                                  \
	X(BOOT_NOTHING, "boot.nothing", "no slot holds an image that may start")

enum refusal {
#define REFUSAL_ENUM(name, code, text) REFUSAL_##name,
	REFUSALS(REFUSAL_ENUM)
#undef REFUSAL_ENUM
	REFUSAL_COUNT
};

/* Return a refusal to the caller, as it is. */
#define REFUSE_IF(call)                           \
	do {                                      \
		enum refusal refuse_if_ = (call); \
		if (refuse_if_ != REFUSAL_NONE)   \
			return refuse_if_;        \
	} while (0)

/* Static text. Of use to people and logs: a device that has neither links without it. */
const char *refusal_code(enum refusal refusal);
const char *refusal_text(enum refusal refusal);

#endif
