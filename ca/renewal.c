/* ca/renewal.c: see renewal.h. */
#include "ca/renewal.h"

#include "base/der.h"
#include "base/encode.h"

/* Where the label says nothing: a device that asked in vain has a quarter of the time left. */
#define OVERDUE_PART 4

static int64_t overdue_of(const struct label *label)
{
	return label->overdue > 0 ? label->overdue : label->renew_before / OVERDUE_PART;
}

/* A certificate that an authority's end cut short may last less long than its window. */
struct renewal_window renewal_window(
    const struct label *label, int64_t not_before, int64_t not_after)
{
	struct renewal_window w = {
	    .opens = not_after - label->renew_before,
	    .overdue = not_after - overdue_of(label),
	    .grace = not_after + label->renew_grace,
	};

	if (not_after == TIME_NO_EXPIRY)
		return (struct renewal_window){not_after, not_after, not_after};
	if (w.opens < not_before)
		w.opens = not_before;
	if (w.overdue < w.opens)
		w.overdue = w.opens;
	return w;
}

/* Of a digest, so that it is even whoever chose the serial number: a share of 2^32. */
static uint64_t share_of(struct span serial)
{
	AUTO(buf) text = {0};
	struct digest digest;
	uint64_t share = 0;

	buf_put_str(&text, "signet renew-at ");
	buf_put(&text, serial);
	digest = sha256(buf_span(&text));
	for (int i = 0; i < 4; i++)
		share = share << 8 | digest.bytes[i];
	return share;
}

int64_t renewal_hint(
    const struct label *label, struct span serial, int64_t not_before, int64_t not_after)
{
	const struct renewal_window w = renewal_window(label, not_before, not_after);
	const uint64_t span = (uint64_t)(w.overdue - w.opens);

	if (not_after == TIME_NO_EXPIRY)
		return 0;
	/* A span of a year and a hundred percent leave room in 64 bits. */
	return w.opens +
	       (int64_t)(((span * (uint64_t)label->renew_spread / 100) * share_of(serial)) >> 32);
}
