/* What a server, or somebody in its place, can send to signet-device: csrattrs, certs-only CMS,
 * PEM, a header line. */
#include <openssl/err.h>
#include <stdlib.h>

#include "clients/device/certs.h"
#include "clients/device/csrattrs.h"
#include "clients/device/hint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(struct certs *list)
{
	struct buf out = {0};
	bool critical;
	for (size_t i = 0; i < list->count; i++) {
		int64_t from, to;
		cert_times(list->items[i], &from, &to);
		cert_spki(list->items[i], &out);
		cert_subject(list->items[i], &out);
		(void)!cert_san(list->items[i], &out, &critical);
		(void)!cert_unit_serial(list->items[i], &out);
		cert_number_text(list->items[i], &out);
		cert_to_pem(list->items[i], &out);
	}
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	if (size < 1)
		return -1;
	struct span in = span(data + 1, size - 1);
	if (data[0] % 4 == 3) {
		int64_t renew_at = 0;
		hint_of_header(in, &renew_at);
		if (renew_at < 0)
			abort(); /* no time that a certificate could have */
		return 0;
	}
	if (data[0] % 4 == 0) {
		struct csrattrs attrs = {0};
		if (!csrattrs_parse(in, &attrs, &err).ok && !err.message[0])
			abort(); /* refused without a word */
		csrattrs_free(&attrs);
		return 0;
	}
	struct certs list = {0};
	struct status read =
	    data[0] % 4 == 1 ? certs_from_cms(in, &list, &err) : certs_from_pem(in, &list, &err);
	if (!read.ok && !err.message[0])
		abort();
	read_back(&list);
	certs_free(&list);
	if (ERR_peek_error())
		abort(); /* left for somebody else to trip over */
	return 0;
}
