#include "tests/unit/operator/fake_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/encode.h"
#include "base/json.h"
#include "signing/format/cbor.h"
#include "signing/format/entry.h"

/* ---- the tree, from what is published ---- */

static struct merkle_hash leaf_of(const struct fake_log *f, size_t i)
{
	/* The tree is over what was logged; a tampered bundle does not change it. */
	uint8_t salt[ENTRY_SALT_SIZE];
	AUTO(buf) entry = {0};

	(void)f;
	(void)salt;
	buf_put(&entry, buf_span(&f->entries[i].published));
	return merkle_leaf(buf_span(&entry));
}

static struct merkle_hash leaves[FAKE_ENTRIES_MAX]; /* as they were when it was published */

struct wanted {
	struct tile tile;
	struct buf *out;
};

static struct status take_tile(
    void *context, const struct tile *tile, const struct merkle_hash *hashes, struct err *err)
{
	struct wanted *w = context;

	(void)err;
	if (tile->level == w->tile.level && tile->index == w->tile.index &&
	    tile->width == w->tile.width)
		buf_put(w->out, span(hashes, tile->width * sizeof(*hashes)));
	return STATUS_OK;
}

static struct merkle_hash grow(size_t size, const struct merkle_sink *sink)
{
	struct merkle_edge *edge = mem_alloc(sizeof(*edge));
	struct err err = {0};
	struct merkle_hash root;

	cr_assert(merkle_edge_append(edge, leaves, size, sink, &err).ok);
	root = merkle_edge_root(edge);
	free(edge);
	return root;
}

static void put_tile(const struct fake_log *f, const struct tile *tile, struct buf *out)
{
	struct wanted w = {*tile, out};
	struct merkle_sink sink = {.write = take_tile, .context = &w};
	struct err err = {0};

	if (tile->kind == TILE_HASHES) {
		grow(f->size, &sink);
		return;
	}
	for (size_t i = tile->index * TILE_WIDTH;
	     i < f->size && i < tile->index * TILE_WIDTH + tile->width; i++)
		cr_assert(bundle_put(buf_span(&f->entries[i].published), out, &err).ok);
}

static void sign(const struct fake_log *f, struct span message, uint8_t signature[static 64])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t n = 64;

	cr_assert(EVP_DigestSignInit(c, NULL, NULL, NULL, f->key) == 1);
	cr_assert(EVP_DigestSign(c, signature, &n, message.p, message.n) == 1);
	EVP_MD_CTX_free(c);
}

void fake_log_publish(struct fake_log *f, size_t size)
{
	AUTO(buf) text = {0}, message = {0};
	struct checkpoint c = {.origin = span_str(f->origin), .tree.size = size};
	uint8_t signature[64];
	struct vkey key;
	struct err err = {0};

	f->size = size;
	for (size_t i = 0; i < size; i++)
		leaves[i] = leaf_of(f, i);
	c.tree.root = grow(size, NULL);
	checkpoint_put(&c, &text);
	cr_assert(vkey_parse(span_str(f->vkey), &key, &err).ok);
	note_message(&key, buf_span(&text), 0, &message);
	sign(f, buf_span(&message), signature);
	buf_reset(&f->checkpoint);
	note_put_text(buf_span(&text), &f->checkpoint);
	note_put_signature(&key, 0, signature, &f->checkpoint);
}

/* ---- entries ---- */

void fake_log_entry(struct fake_log *f, size_t i, const char *record)
{
	struct fake_entry *e = &f->entries[i];
	uint8_t salt[ENTRY_SALT_SIZE] = {(uint8_t)i, (uint8_t)(i >> 8), 7};

	buf_reset(&e->published);
	buf_reset(&e->stored);
	buf_reset(&e->salt);
	buf_reset(&e->record);
	buf_put(&e->salt, SPAN_OF(salt));
	buf_put_str(&e->record, record);
	entry_encode(
	    "certificate.issued", 1700000000 + (int64_t)i, salt, span_str(record), &e->published);
	buf_put(&e->stored, buf_span(&e->published));
}

/* ---- what is served ---- */

static void put_base64(struct json *j, const char *name, const struct buf *bytes)
{
	AUTO(buf) text = {0};

	base64_encode(buf_span(bytes), &text);
	json_str(j, name, bytes->n ? buf_cstr(&text) : NULL);
}

static void put_record(struct json *j, const struct fake_log *f, size_t i)
{
	const struct fake_entry *e = &f->entries[i];

	if (e->leaf_gone)
		return;
	json_object_begin(j, NULL);
	json_int(j, "index", (int64_t)i);
	json_int(j, "entry_id", (int64_t)i + 1);
	put_base64(j, "entry", &e->stored);
	put_base64(j, "salt", &e->salt);
	json_str(j, "erased_at", e->erased ? "2026-01-01T00:00:00Z" : NULL);
	json_str(j, "record_kind", "certificate");
	json_int(j, "record_id", (int64_t)i + 1000);
	put_base64(j, "record", &e->record);
	json_str(j, "fault", e->fault[0] ? e->fault : NULL);
	json_object_end(j);
}

static void put_info(const struct fake_log *f, struct buf *body)
{
	struct json j = {.out = body};
	AUTO(buf) policy = {0};

	buf_printf(&policy, "log %s\nquorum none\n", f->vkey);
	json_object_begin(&j, NULL);
	json_str(&j, "origin", f->origin);
	json_str(&j, "vkey", f->vkey);
	json_int(&j, "size", (int64_t)f->size);
	json_str(&j, "public_url", NULL);
	json_str(&j, "policy", buf_cstr(&policy));
	json_str(&j, "predecessor", f->predecessor[0] ? f->predecessor : NULL);
	json_object_end(&j);
}

static void put_records(const struct fake_log *f, const char *query, struct buf *body)
{
	unsigned from = 0, limit = 0;
	struct json j = {.out = body};

	cr_assert_eq(sscanf(query, "from=%u&limit=%u", &from, &limit), 2);
	json_object_begin(&j, NULL);
	json_array_begin(&j, "items");
	for (size_t i = from; i < from + limit && i < f->size; i++)
		put_record(&j, f, i);
	json_array_end(&j);
	json_object_end(&j);
}

static int serve_file(const struct fake_log *f, const char *name, struct buf *body)
{
	struct tile tile;
	struct err err = {0};

	if (strcmp(name, f->missing) == 0)
		return 404;
	if (strcmp(name, "checkpoint") == 0)
		buf_put(body, buf_span(&f->checkpoint));
	else if (!tile_parse(span_str(name), &tile, &err).ok)
		return 404;
	else
		put_tile(f, &tile, body);
	if (strcmp(name, f->spoiled) == 0)
		body->p[0] ^= 1;
	return body->n ? 200 : 404;
}

static int serve(void *context, const struct seen *seen, struct buf *body)
{
	struct fake_log *f = context;
	AUTO(buf) proof = {0};

	if (strncmp(seen->path, "/log/", 5) == 0)
		return serve_file(f, seen->path + 5, body);
	if (strcmp(seen->path, "/api/v1/log/info") == 0)
		put_info(f, body);
	else if (strncmp(seen->path, "/api/v1/log/records?", 20) == 0)
		put_records(f, seen->path + 20, body);
	else if (strncmp(seen->path, "/api/v1/log/strays", 18) == 0)
		buf_printf(body, "{\"items\":[%s],\"next\":null}", f->stray);
	else if (strncmp(seen->path, "/api/v1/log/proof?kind=certificate&id=", 38) == 0)
		fake_log_prove(f, (size_t)atoi(seen->path + 38) - 1000, body);
	else
		return 0;
	return 200;
}

/* ---- proofs ---- */

static struct status give_tile(void *context, const struct tile *tile,
    struct merkle_hash ret_hashes[static TILE_WIDTH], struct err *err)
{
	AUTO(buf) bytes = {0};

	(void)err;
	put_tile(context, tile, &bytes);
	cr_assert_eq(bytes.n, tile->width * sizeof(*ret_hashes));
	memcpy(ret_hashes, bytes.p, bytes.n);
	return STATUS_OK;
}

void fake_log_prove(struct fake_log *f, size_t i, struct buf *out)
{
	struct merkle_source source = {.read = give_tile, .context = f};
	struct log_proof *proof = mem_alloc(sizeof(*proof));
	AUTO(buf) extra = {0};
	struct err err = {0};

	cr_assert(merkle_prove_inclusion(&source, i, f->size, &proof->path, &err).ok);
	proof->index = i;
	proof->checkpoint = buf_span(&f->checkpoint);
	cbor_put_head(&extra, CBOR_ARRAY, 5);
	cbor_put_bytes(&extra, buf_span(&f->entries[i].published));
	cbor_put_text(&extra, "certificate");
	cbor_put_uint(&extra, i + 1000);
	cbor_put_bytes(&extra, buf_span(&f->entries[i].salt));
	cbor_put_bytes(&extra, buf_span(&f->entries[i].record));
	log_proof_put(proof, buf_span(&extra), out);
	free(proof);
}

/* ---- start and stop ---- */

struct fake_log *fake_log_start(const char *origin, size_t size)
{
	static const struct answer_row none[] = {{0}};
	struct fake_log *f = mem_alloc(sizeof(*f));
	uint8_t public[NOTE_KEY_SIZE];
	size_t n = sizeof(public);
	AUTO(buf) vkey = {0};
	struct vkey key;
	struct err err = {0};

	f->origin = origin;
	f->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	cr_assert(EVP_PKEY_get_raw_public_key(f->key, public, &n) == 1);
	cr_assert(vkey_make(span_str(origin), VKEY_ED25519, public, &key, &err).ok);
	vkey_put(&key, &vkey);
	snprintf(f->vkey, sizeof(f->vkey), "%s", buf_cstr(&vkey));
	for (size_t i = 0; i < size; i++) {
		char record[32];

		snprintf(record, sizeof(record), "record %zu", i);
		fake_log_entry(f, i, record);
	}
	fake_log_publish(f, size);
	f->responder = responder_start(none);
	f->responder->context = f;
	f->responder->hook = serve;
	return f;
}

void fake_log_stop(struct fake_log *f)
{
	responder_stop(f->responder);
	for (size_t i = 0; i < FAKE_ENTRIES_MAX; i++) {
		buf_free(&f->entries[i].published);
		buf_free(&f->entries[i].stored);
		buf_free(&f->entries[i].salt);
		buf_free(&f->entries[i].record);
	}
	buf_free(&f->checkpoint);
	EVP_PKEY_free(f->key);
	free(f);
}
