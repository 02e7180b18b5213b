#include "ca/certs_only.h"

#include "base/der.h"
#include "base/encode.h"

#define OID_SIGNED_DATA "1.2.840.113549.1.7.2"
#define OID_DATA        "1.2.840.113549.1.7.1"

void certs_only_encode(const struct span *certificates, size_t count, struct buf *out)
{
	size_t content_info = der_begin(out, DER_SEQUENCE), content, signed_data, inner;

	der_put_oid(out, OID_SIGNED_DATA);
	content = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0);
	signed_data = der_begin(out, DER_SEQUENCE);
	der_put_uint(out, 1);
	der_put(out, DER_SET, SPAN_NONE);
	inner = der_begin(out, DER_SEQUENCE);
	der_put_oid(out, OID_DATA);
	der_end(out, inner);
	inner = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0);
	for (size_t i = 0; i < count; i++)
		buf_put(out, certificates[i]);
	der_end(out, inner);
	der_put(out, DER_SET, SPAN_NONE);
	der_end(out, signed_data);
	der_end(out, content);
	der_end(out, content_info);
}

void certs_only_base64(const struct span *certificates, size_t count, struct buf *out)
{
	AUTO(buf) der = {0};

	certs_only_encode(certificates, count, &der);
	base64_encode(buf_span(&der), out);
}
