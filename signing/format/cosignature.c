/* signing/format/cosignature.c: see cosignature.h. */
#include "signing/format/cosignature.h"

#include <string.h>

#define TIME_SIZE 8

void cosignature_message(int64_t time, struct span text, struct buf *out)
{
	buf_printf(out, "cosignature/v1\ntime %lld\n", (long long)time);
	buf_put(out, text);
}

void cosignature_encode(const struct cosignature *c, uint8_t ret_octets[static COSIGNATURE_SIZE])
{
	uint64_t time = (uint64_t)c->time;

	for (size_t i = TIME_SIZE; i > 0; i--, time >>= 8)
		ret_octets[i - 1] = (uint8_t)time;
	memcpy(ret_octets + TIME_SIZE, c->signature, sizeof(c->signature));
}

bool cosignature_decode(struct span octets, struct cosignature *ret_cosignature)
{
	uint64_t time = 0;

	if (octets.n != COSIGNATURE_SIZE)
		return false;
	for (size_t i = 0; i < TIME_SIZE; i++)
		time = time << 8 | octets.p[i];
	if (time > INT64_MAX) /* "MUST NOT exceed 2^63 - 1" */
		return false;
	ret_cosignature->time = (int64_t)time;
	memcpy(
	    ret_cosignature->signature, octets.p + TIME_SIZE, sizeof(ret_cosignature->signature));
	return true;
}
