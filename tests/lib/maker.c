/* tests/lib/maker.c: see maker.h. */
#include "tests/lib/maker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/algorithm.h"
#include "signing/format/bundle.h"
#include "signing/format/checkpoint.h"
#include "signing/format/crypto_openssl.h"
#include "signing/format/entry.h"
#include "signing/format/log_proof.h"
#include "signing/format/release_record.h"
#include "signing/format/suit_build.h"
#include "signing/format/trust_build.h"
#include "tests/lib/pki.h"

#define LEAVES_MAX 250 /* one tile */
#define TIME       1700000000
#define DOMAIN     "maker.example"

struct maker_key {
	EVP_PKEY *key;
	const struct key_algorithm *algorithm;
	struct cose_key_owned cose;
	struct buf certificate; /* DER, self-signed */
};

struct maker_log {
	EVP_PKEY *key;
	struct vkey vkey;
	struct merkle_hash leaves[LEAVES_MAX];
	size_t count;
};

struct maker {
	const char *product, *channel, *model;
	struct maker_key keys[MAKER_KEYS], next[MAKER_NEXT];
	struct maker_log logs[MAKER_LOGS];
};

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "tests/lib/maker: %s\n", what);
	exit(99);
}

static void must_do(struct status s, const struct err *err)
{
	must(s.ok, err->message);
}

/* ---- keys ---- */

static void make_certificate(struct maker_key *k, const char *name)
{
	struct pki_authority signer = {.key = k->key, .certificate = NULL};
	const struct pki_idevid want = {.common_name = name, .serial = "1", .product = "signing"};
	struct pki_authority ca = pki_authority("Signing CA", NULL, -1);
	X509 *cert = pki_idevid(&ca, signer.key, &want);
	unsigned char *der = NULL;
	int n = i2d_X509(cert, &der);

	must(n > 0, "certificate");
	buf_put(&k->certificate, span(der, (size_t)n));
	OPENSSL_free(der);
	X509_free(cert);
	pki_authority_free(&ca);
}

static void key_make(struct maker_key *k, const char *algorithm, bool certificate)
{
	AUTO(buf) spki = {0};
	struct err err = {0};

	k->algorithm = key_algorithm_by_name(algorithm);
	k->key = pki_key(algorithm);
	must_do(key_spki(k->key, &spki, &err), &err);
	must_do(cose_key_from_spki(buf_span(&spki), &k->cose, &err), &err);
	if (certificate)
		make_certificate(k, algorithm);
}

static void key_drop(struct maker_key *k)
{
	EVP_PKEY_free(k->key);
	cose_key_owned_free(&k->cose);
	buf_free(&k->certificate);
}

static void log_make(struct maker_log *log, const char *origin)
{
	uint8_t raw[NOTE_KEY_SIZE];
	size_t n = sizeof(raw);
	struct err err = {0};

	log->key = pki_key("Ed25519");
	must(EVP_PKEY_get_raw_public_key(log->key, raw, &n) == 1, "log key");
	must_do(vkey_make(span_str(origin), VKEY_ED25519, raw, &log->vkey, &err), &err);
}

struct maker *maker_new(const char *product, const char *channel, const char *model)
{
	static const char *const algorithms[MAKER_KEYS] = {"EC-P256", "Ed25519", "EC-P384"};
	static const char *const origins[MAKER_LOGS] = {"log.example/one", "log.example/two"};
	struct maker *m = mem_alloc(sizeof(*m));

	m->product = product;
	m->channel = channel;
	m->model = model;
	for (size_t i = 0; i < MAKER_KEYS; i++)
		key_make(&m->keys[i], algorithms[i], true);
	for (size_t i = 0; i < MAKER_NEXT; i++)
		key_make(&m->next[i], "EC-P256", false);
	for (size_t i = 0; i < MAKER_LOGS; i++)
		log_make(&m->logs[i], origins[i]);
	return m;
}

void maker_free(struct maker *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < MAKER_KEYS; i++)
		key_drop(&m->keys[i]);
	for (size_t i = 0; i < MAKER_NEXT; i++)
		key_drop(&m->next[i]);
	for (size_t i = 0; i < MAKER_LOGS; i++)
		EVP_PKEY_free(m->logs[i].key);
	free(m);
}

bool maker_rekey(struct maker *m, const char *algorithm)
{
	struct maker_key *keys[] = {&m->keys[0], &m->next[2], &m->next[3]};

	if (!key_algorithm_available(key_algorithm_by_name(algorithm)))
		return false;
	for (size_t i = 0; i < COUNT(keys); i++) {
		key_drop(keys[i]);
		*keys[i] = (struct maker_key){.key = NULL};
		key_make(keys[i], algorithm, i == 0);
	}
	return true;
}

static struct span kid_of(const struct maker_key *k)
{
	return SPAN_OF(k->cose.kid);
}

/* Sign, into memory that `signature` owns. */
static struct cose_made sign(
    const struct maker_key *k, struct span aad, struct span payload, struct buf *signature)
{
	AUTO(buf) tbs = {0};
	AUTO(buf) native = {0};
	struct err err = {0};

	cose_put_tbs(k->cose.algorithm, kid_of(k), aad, payload, &tbs);
	must_do(
	    signature_make(k->key, k->algorithm->signature, buf_span(&tbs), &native, &err), &err);
	must_do(cose_signature_from_native(k->cose.algorithm, buf_span(&native), signature, &err),
	    &err);
	return (struct cose_made){k->cose.algorithm, kid_of(k), buf_span(signature)};
}

/* ---- trust statements and recall lists ---- */

static const char *or_else(const char *wished, const char *standard)
{
	return wished ? wished : standard;
}

static void trust_payload(struct maker *m, const struct maker_trust *want, struct buf *out)
{
	const unsigned mask = want->keys ? want->keys : 3;
	const struct maker_log *log = &m->logs[want->log];
	struct cose_key keys[MAKER_KEYS], next[2];
	struct span kids[MAKER_KEYS], revoked[1], channels[1] = {span_str(m->channel)};
	struct trust_build_grant grant = {.kids = kids,
	    .channels = channels,
	    .channel_count = 1,
	    .signers = want->signers ? want->signers : 1,
	    .first = want->first,
	    .last = UINT64_MAX,
	    .approvals = want->approvals,
	    .may_recall = !want->no_recall};
	struct trust_build build = {.product = span_str(or_else(want->product, m->product)),
	    .version = want->version ? want->version : 1,
	    .keys = keys,
	    .grants = &grant,
	    .grant_count = 1,
	    .revoked = revoked,
	    .revoked_count = want->revoked ? 1 : 0,
	    .next_threshold = 2,
	    .next = next,
	    .next_count = 2,
	    .created = TIME};
	struct err err = {0};

	for (unsigned i = 0; i < MAKER_KEYS; i++) {
		if (!(mask & 1U << i))
			continue;
		kids[build.key_count] = kid_of(&m->keys[i]);
		keys[build.key_count++] = cose_key_of(&m->keys[i].cose);
	}
	grant.kid_count = build.key_count;
	for (int i = 0; i < 2; i++)
		next[i] = cose_key_of(&m->next[want->next + i].cose);
	if (want->revoked)
		revoked[0] = kid_of(&m->keys[want->revoked - 1]);
	if (!want->no_log) {
		build.log_origin = span_str(log->vkey.name);
		build.log_key = SPAN_OF(log->vkey.key);
	}
	uuid_vendor(DOMAIN, build.vendor_id);
	must_do(trust_build_payload(&build, out, &err), &err);
}

void maker_trust(struct maker *m, const struct maker_trust *want, struct buf *out)
{
	const unsigned mask = want->signed_by ? want->signed_by : 3U << want->next;
	struct buf signatures[MAKER_NEXT] = {{0}};
	struct cose_made made[MAKER_NEXT];
	AUTO(buf) payload = {0};
	size_t count = 0;

	trust_payload(m, want, &payload);
	for (unsigned i = 0; i < MAKER_NEXT; i++) {
		if (!(mask & 1U << i))
			continue;
		made[count] = sign(&m->next[i], TRUST_AAD, buf_span(&payload), &signatures[count]);
		count++;
	}
	trust_build_file(buf_span(&payload), made, count, out);
	for (size_t i = 0; i < MAKER_NEXT; i++)
		buf_free(&signatures[i]);
}

static void class_of(const char *model, const char *channel, uint8_t ret_vendor[static UUID_SIZE],
    uint8_t ret_class[static UUID_SIZE])
{
	uuid_vendor(DOMAIN, ret_vendor);
	uuid_class(ret_vendor, model, channel, ret_class);
}

void maker_recall(struct maker *m, const struct maker_recall *want, struct buf *out)
{
	const char *channel = or_else(want->channel, m->channel);
	struct recall_build build = {.product = span_str(m->product),
	    .channel = span_str(channel),
	    .number = want->number,
	    .sequences = want->sequences,
	    .sequence_count = want->count,
	    .has_successor = want->successor != 0,
	    .successor = want->successor,
	    .successor_version = span_str(want->version),
	    .created = TIME};
	AUTO(buf) payload = {0};
	AUTO(buf) signature = {0};
	uint8_t vendor[UUID_SIZE];
	struct cose_made made;
	struct err err = {0};

	class_of(m->model, channel, vendor, build.class_id);
	must_do(recall_build_payload(&build, &payload, &err), &err);
	made = sign(&m->keys[want->key], RECALL_AAD, buf_span(&payload), &signature);
	recall_build_file(buf_span(&payload), &made, 1, out);
}

/* ---- releases ---- */

static void image_digest(const struct maker_component *c, struct buf *out)
{
	const EVP_MD *md = c->algorithm == COSE_SHA384   ? EVP_sha384()
			   : c->algorithm == COSE_SHA512 ? EVP_sha512()
							 : EVP_sha256();
	unsigned n = 0;

	buf_reserve(out, EVP_MAX_MD_SIZE);
	must(EVP_Digest(c->image.p, c->image.n, out->p, &n, md, NULL) == 1, "digest");
	out->n = n;
}

static void manifest(struct maker *m, const struct maker_release *want, struct buf *out)
{
	struct suit_release_component components[SUIT_COMPONENTS_MAX];
	struct buf digests[SUIT_COMPONENTS_MAX] = {{0}};
	struct suit_release r = {.sequence = want->sequence,
	    .component_count = want->component_count,
	    .components = components,
	    .version = want->version,
	    .vendor = "Maker",
	    .vendor_domain = DOMAIN,
	    .model = or_else(want->model, m->model),
	    .notes = want->notes ? "what is new" : NULL};
	struct err err = {0};

	for (size_t i = 0; i < want->component_count; i++) {
		const struct maker_component *c = &want->components[i];

		image_digest(c, &digests[i]);
		components[i] = (struct suit_release_component){.id = c->id,
		    .algorithm = c->algorithm ? c->algorithm : COSE_SHA256,
		    .digest = buf_span(&digests[i]),
		    .size = c->size ? c->size : c->image.n,
		    .uri = c->uri};
	}
	class_of(r.model, or_else(want->channel, m->channel), r.vendor_id, r.class_id);
	must_do(suit_build_manifest(&r, out, &err), &err);
	for (size_t i = 0; i < want->component_count; i++)
		buf_free(&digests[i]);
}

static size_t signers_of(
    struct maker *m, const struct maker_release *want, const struct maker_key *ret[static 2])
{
	ret[0] = &m->keys[want->key];
	if (!want->second_key)
		return 1;
	ret[1] = &m->keys[want->second_key - 1];
	return 2;
}

static void envelope(
    struct maker *m, const struct maker_release *want, struct span manifest_bytes, struct buf *out)
{
	const struct maker_key *signers[2] = {0};
	const size_t count = signers_of(m, want, signers);
	struct buf signatures[2] = {{0}};
	struct cose_made made[2];
	AUTO(buf) digest = {0};

	suit_build_digest(manifest_bytes, &digest);
	for (size_t i = 0; i < count; i++)
		made[i] = sign(signers[i], SPAN_NONE, buf_span(&digest), &signatures[i]);
	suit_build_envelope(manifest_bytes, made, count, out);
	for (size_t i = 0; i < count; i++)
		buf_free(&signatures[i]);
}

void maker_envelope(struct maker *m, struct span manifest_bytes, int key, struct buf *out)
{
	const struct maker_release want = {.key = key};

	envelope(m, &want, manifest_bytes, out);
}

/* The 32 octets within the SUIT_Digest. */
static void manifest_digest(struct span manifest_bytes, uint8_t ret[static SHA256_SIZE])
{
	AUTO(buf) digest = {0};

	suit_build_digest(manifest_bytes, &digest);
	must(digest.n >= SHA256_SIZE, "manifest digest");
	memcpy(ret, digest.p + digest.n - SHA256_SIZE, SHA256_SIZE);
}

static void approvals(const struct maker_release *want, struct release_record *r)
{
	static const char *const names[] = {"ann", "bob", "cleo", "dan"};
	size_t count = want->approvals ? want->approvals : 2;

	if (want->no_approvals)
		count = 0;
	must(count <= COUNT(names), "so many approvals");
	for (size_t i = 0; i < count; i++)
		r->approvals[i] = (struct release_approval){
		    span_str(names[i]), SPAN_LITERAL("release-manager"), TIME};
	if (want->requester_approves && count)
		r->approvals[count - 1].approver = r->requester;
	if (want->approver_twice && count > 1)
		r->approvals[1].approver = r->approvals[0].approver;
	r->approval_count = count;
}

static void record(
    struct maker *m, const struct maker_release *want, struct span manifest_bytes, struct buf *out)
{
	const struct maker_key *signers[2] = {0};
	const size_t count = signers_of(m, want, signers);
	const struct span chain[] = {buf_span(&signers[0]->certificate)};
	const struct digest chain_digest = sha256_parts(chain, 1),
			    json = sha256(SPAN_LITERAL("{}")),
			    request = sha256(SPAN_LITERAL("request"));
	const char *channel = or_else(want->channel, m->channel);
	uint8_t digest[SHA256_SIZE];
	struct release_record r = {.product = span_str(or_else(want->product, m->product)),
	    .channel = span_str(or_else(want->record_channel, channel)),
	    .version = span_str(want->version),
	    .sequence = want->sequence,
	    .manifest_digest = SPAN_OF(digest),
	    .json_digest = SPAN_OF(json.bytes),
	    .chain_digest = SPAN_OF(chain_digest.bytes),
	    .request_digest = SPAN_OF(request.bytes),
	    .kid_count = count,
	    .requester = SPAN_LITERAL("ci"),
	    .signed_at = TIME};

	manifest_digest(manifest_bytes, digest);
	if (want->other_digest)
		digest[0] ^= 1;
	for (size_t i = 0; i < count; i++)
		r.kids[i] = kid_of(signers[i]);
	if (count == 2 && memcmp(r.kids[0].p, r.kids[1].p, COSE_KID_SIZE) > 0) {
		r.kids[0] = kid_of(signers[1]);
		r.kids[1] = kid_of(signers[0]);
	}
	approvals(want, &r);
	release_record_put(&r, out);
}

/* ---- the log ---- */

static struct status read_tile(void *context, const struct tile *tile,
    struct merkle_hash ret_hashes[static TILE_WIDTH], struct err *err)
{
	const struct maker_log *log = context;

	(void)err;
	must(tile->level == 0 && tile->index == 0 && tile->width <= log->count, "tile");
	memcpy(ret_hashes, log->leaves, tile->width * sizeof(ret_hashes[0]));
	return STATUS_OK;
}

static void log_add(struct maker_log *log, struct span entry)
{
	must(log->count < LEAVES_MAX, "log is full");
	log->leaves[log->count++] = merkle_leaf(entry);
}

static void sign_checkpoint(struct maker_log *log, struct buf *out)
{
	struct merkle_edge *edge = mem_alloc(sizeof(*edge));
	struct checkpoint c = {.origin = span_str(log->vkey.name)};
	AUTO(buf) text = {0};
	AUTO(buf) message = {0};
	AUTO(buf) signature = {0};
	struct err err = {0};

	must_do(merkle_edge_append(edge, log->leaves, log->count, NULL, &err), &err);
	c.tree = (struct merkle_tree){log->count, merkle_edge_root(edge)};
	free(edge);
	checkpoint_put(&c, &text);
	note_message(&log->vkey, buf_span(&text), 0, &message);
	must_do(signature_make(log->key, key_algorithm_by_name("Ed25519")->signature,
		    buf_span(&message), &signature, &err),
	    &err);
	must(signature.n == NOTE_SIGNATURE_SIZE, "checkpoint");
	note_put_text(buf_span(&text), out);
	note_put_signature(&log->vkey, 0, signature.p, out);
}

static void prove(struct maker_log *log, uint64_t index, struct buf *out)
{
	const struct merkle_source source = {read_tile, log};
	struct log_proof *proof = mem_alloc(sizeof(*proof));
	AUTO(buf) checkpoint = {0};
	struct err err = {0};

	proof->index = index;
	must_do(merkle_prove_inclusion(&source, index, log->count, &proof->path, &err), &err);
	sign_checkpoint(log, &checkpoint);
	proof->checkpoint = buf_span(&checkpoint);
	log_proof_put(proof, SPAN_NONE, out);
	free(proof);
}

/* Others' entries, this one, and one more behind it. */
static void log_entry(
    struct maker *m, const struct maker_release *want, struct span entry, struct buf *ret_proof)
{
	struct maker_log *log = &m->logs[want->log];
	const uint64_t before = want->log_before ? want->log_before : 1;
	uint64_t index;

	if (want->log_rolled_back)
		log->count = 0;
	for (uint64_t i = 0; i < before; i++)
		log_add(log, SPAN_LITERAL("somebody else's"));
	index = log->count;
	log_add(log, entry);
	log_add(log, SPAN_LITERAL("what came later"));
	prove(log, index, ret_proof);
}

void maker_bundle(struct maker *m, const struct maker_release *asked, struct buf *out)
{
	static const uint8_t salt[ENTRY_SALT_SIZE] = {7};
	struct maker_release want = *asked;
	struct release_bundle b = {.certificate_count = 1, .salt = SPAN_OF(salt)};
	AUTO(buf) version = {0};
	AUTO(buf) manifest_bytes = {0};
	AUTO(buf) envelope_bytes = {0};
	AUTO(buf) record_bytes = {0};
	AUTO(buf) entry = {0};
	AUTO(buf) proof = {0};

	buf_printf(&version, "1.%llu", (unsigned long long)want.sequence);
	want.version = or_else(want.version, buf_cstr(&version));
	manifest(m, &want, &manifest_bytes);
	envelope(m, &want, buf_span(&manifest_bytes), &envelope_bytes);
	record(m, &want, buf_span(&manifest_bytes), &record_bytes);
	entry_encode(RELEASE_RECORD_KIND, TIME, salt,
	    want.other_entry ? SPAN_LITERAL("another record") : buf_span(&record_bytes), &entry);
	log_entry(m, &want, buf_span(&entry), &proof);
	b.envelope = buf_span(&envelope_bytes);
	b.certificates[0] = buf_span(&m->keys[want.key].certificate);
	b.entry = buf_span(&entry);
	b.record = buf_span(&record_bytes);
	b.proof = buf_span(&proof);
	release_bundle_put(&b, out);
}
