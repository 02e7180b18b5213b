/* What a server says of a channel: whatever it is, what is taken is bounded and printable. */
#include <stdlib.h>
#include <string.h>

#include "clients/device/update_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t most)
{
	if (!text)
		return;
	if (strlen(text) > most)
		abort();
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char product[] = "sensor", channel[] = "stable";
	const struct update_config config = {.product = product, .channel = channel};
	struct update_offer offer = {0};
	AUTO(arena) arena = {0};
	struct err err = {0};

	if (!update_offer_read(&config, span(data, size), &arena, &offer, &err).ok)
		return err_code(&err)[0] ? 0 : (abort(), 0);
	check_text(offer.version, CBOR_NAME_MAX);
	check_text(offer.bundle_digest, 2 * SHA256_SIZE);
	if (offer.sequence < 0 || offer.bundle_size < 0 || offer.trust_version < 0 ||
	    offer.recall_number < 0 || (offer.sequence && !offer.bundle_digest))
		abort();
	return 0;
}
