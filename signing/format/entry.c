#include "signing/format/entry.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "signing/format/cbor.h"

#define ENTRY_VERSION 1

enum entry_key {
	ENTRY_KEY_VERSION = 1,
	ENTRY_KEY_KIND,
	ENTRY_KEY_TIME,
	ENTRY_KEY_COMMITMENT
};

static void commit(
    const uint8_t salt[static ENTRY_SALT_SIZE], struct span record, uint8_t out[static 32])
{
	unsigned n = 32;
	/* Fails only without memory, where base/ aborts as well. */
	if (!HMAC(EVP_sha256(), salt, ENTRY_SALT_SIZE, record.p, record.n, out, &n))
		abort();
}

void entry_encode(const char *kind, int64_t time, const uint8_t salt[static ENTRY_SALT_SIZE],
    struct span record, struct buf *out)
{
	uint8_t commitment[32];
	commit(salt, record, commitment);
	cbor_put_head(out, CBOR_MAP, 4);
	cbor_put_uint(out, ENTRY_KEY_VERSION);
	cbor_put_uint(out, ENTRY_VERSION);
	cbor_put_uint(out, ENTRY_KEY_KIND);
	cbor_put_text(out, kind);
	cbor_put_uint(out, ENTRY_KEY_TIME);
	cbor_put_uint(out, (uint64_t)(time < 0 ? 0 : time));
	cbor_put_uint(out, ENTRY_KEY_COMMITMENT);
	cbor_put_bytes(out, SPAN_OF(commitment));
}

static bool take_key(struct span *in, enum entry_key wanted)
{
	uint64_t key;
	return cbor_take_uint(in, &key) && key == (uint64_t)wanted;
}

/* Kinds are our own words: "certificate.issued"; nothing that a terminal could trip over. */
static bool kind_is_good(struct span kind)
{
	for (size_t i = 0; i < kind.n; i++)
		if (kind.p[i] <= ' ' || kind.p[i] > '~')
			return false;
	return kind.n > 0 && kind.n <= ENTRY_KIND_MAX;
}

struct status entry_decode(struct span cbor, struct entry *ret_entry, struct err *err)
{
	enum cbor_major major;
	uint64_t members, version, time;
	struct span kind, commitment;
	if (!cbor_take_head(&cbor, &major, &members) || major != CBOR_MAP || members != 4)
		return err_set(err, ERR_INPUT, "log entry: not a map of four");
	if (!take_key(&cbor, ENTRY_KEY_VERSION) || !cbor_take_uint(&cbor, &version) ||
	    version != ENTRY_VERSION)
		return err_set(err, ERR_INPUT, "log entry: not of version %d", ENTRY_VERSION);
	if (!take_key(&cbor, ENTRY_KEY_KIND) || !cbor_take_text(&cbor, &kind) ||
	    !kind_is_good(kind))
		return err_set(err, ERR_INPUT, "log entry: no kind of 1 to %d printable characters",
		    ENTRY_KIND_MAX);
	if (!take_key(&cbor, ENTRY_KEY_TIME) || !cbor_take_uint(&cbor, &time) || time > INT64_MAX)
		return err_set(err, ERR_INPUT, "log entry: no time");
	if (!take_key(&cbor, ENTRY_KEY_COMMITMENT) || !cbor_take_bytes(&cbor, &commitment) ||
	    commitment.n != 32)
		return err_set(err, ERR_INPUT, "log entry: no commitment of 32 octets");
	if (cbor.n)
		return err_set(err, ERR_INPUT, "log entry: %zu octets behind it", cbor.n);
	*ret_entry = (struct entry){.time = (int64_t)time};
	memcpy(ret_entry->kind, kind.p, kind.n);
	memcpy(ret_entry->commitment, commitment.p, commitment.n);
	return STATUS_OK;
}

bool entry_commits_to(
    const struct entry *e, const uint8_t salt[static ENTRY_SALT_SIZE], struct span record)
{
	uint8_t commitment[32];
	commit(salt, record, commitment);
	return CRYPTO_memcmp(commitment, e->commitment, sizeof(commitment)) == 0;
}
