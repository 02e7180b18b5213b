/* clients/device/update_offer.c: what a server says of a channel, read strictly. */
#include <string.h>

#include "clients/device/update_records.h"

static struct status bad_offer(struct err *err, const char *member)
{
	return err_refuse(
	    err, UPDATE_WHY(UPDATE_OFFER), "its '%s' is not what it should be", member);
}

/* Absent and null are 0. */
static bool offer_number(const struct doc_node *map, const char *key, int64_t *ret_number)
{
	const struct doc_node *n = map ? doc_get(map, key) : NULL;
	uint64_t number = 0;

	*ret_number = 0;
	if (!n || (n->kind == DOC_SCALAR && !n->quoted && strcmp(n->text, "null") == 0))
		return true;
	if (n->kind != DOC_SCALAR || n->quoted || !*n->text || strlen(n->text) > 18)
		return false;
	for (const char *p = n->text; *p; p++) {
		if (*p < '0' || *p > '9')
			return false;
		number = number * 10 + (uint64_t)(*p - '0');
	}
	*ret_number = (int64_t)number;
	return true;
}

/* Absent and null are NULL. */
static bool offer_text(
    const struct doc_node *map, const char *key, size_t most, struct arena *arena, char **ret_text)
{
	const struct doc_node *n = map ? doc_get(map, key) : NULL;

	*ret_text = NULL;
	if (!n || (n->kind == DOC_SCALAR && !n->quoted && strcmp(n->text, "null") == 0))
		return true;
	if (n->kind != DOC_SCALAR || !n->quoted || strlen(n->text) > most)
		return false;
	*ret_text = arena_strdup(arena, n->text);
	return true;
}

static const struct doc_node *offer_map(const struct doc_node *map, const char *key)
{
	const struct doc_node *n = doc_get(map, key);

	return n && n->kind == DOC_MAP ? n : NULL;
}

/* It goes to terminals and into records. */
static bool printable(const char *text)
{
	for (; text && *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

static struct status read_members(const struct update_config *config, const struct doc_node *map,
    struct arena *arena, struct update_offer *ret_offer, struct err *err)
{
	const struct doc_node *bundle = offer_map(map, "bundle");
	char *product, *channel;

	if (!offer_text(map, "product", CBOR_NAME_MAX, arena, &product) || !product)
		return bad_offer(err, "product");
	if (!offer_text(map, "channel", CBOR_NAME_MAX, arena, &channel) || !channel)
		return bad_offer(err, "channel");
	if (strcmp(product, config->product) != 0 || strcmp(channel, config->channel) != 0)
		return err_refuse(err, UPDATE_WHY(UPDATE_OTHER),
		    "the server takes this device for another product than '%s'", config->product);
	if (!offer_number(map, "sequence", &ret_offer->sequence))
		return bad_offer(err, "sequence");
	if (!offer_text(map, "version", CBOR_NAME_MAX, arena, &ret_offer->version) ||
	    !printable(ret_offer->version))
		return bad_offer(err, "version");
	if (!offer_text(bundle, "sha256", 2 * SHA256_SIZE, arena, &ret_offer->bundle_digest) ||
	    !offer_number(bundle, "size", &ret_offer->bundle_size) ||
	    (ret_offer->sequence && !ret_offer->bundle_digest) ||
	    (ret_offer->bundle_digest &&
		ret_offer->bundle_digest[strspn(ret_offer->bundle_digest, "0123456789abcdef")]))
		return bad_offer(err, "bundle");
	if (!offer_number(offer_map(map, "trust"), "version", &ret_offer->trust_version))
		return bad_offer(err, "trust");
	if (!offer_number(offer_map(map, "recall"), "number", &ret_offer->recall_number))
		return bad_offer(err, "recall");
	return STATUS_OK;
}

struct status update_offer_read(const struct update_config *config, struct span json,
    struct arena *arena, struct update_offer *ret_offer, struct err *err)
{
	struct update_offer offer = {0};
	AUTO(doc_file) doc = {0};
	struct err why = {0};

	if (!doc_parse("offer", json, &doc, &why).ok || doc.count != 1 ||
	    doc.documents[0]->kind != DOC_MAP)
		return err_refuse(err, UPDATE_WHY(UPDATE_OFFER), "the answer is no JSON object");
	TRY(read_members(config, doc.documents[0], arena, &offer, err));
	*ret_offer = offer;
	return STATUS_OK;
}
