/* access/reach.h: what of a list somebody may see. */
#ifndef SIGNET_ACCESS_REACH_H
#define SIGNET_ACCESS_REACH_H

#include "access/access.h"

/* For lists of things that have a product and no channel. */
struct reach {
	bool any;                    /* false: nothing at all */
	bool all_products;           /* then `products` is empty */
	const char *const *products; /* names, each once */
	size_t product_count;
};
struct reach access_reach(const struct access *a, const struct actor *who, enum permission p,
    int64_t now, struct arena *arena);

/* For lists of things that have a product and a channel: pairs of both, "" standing for any. */
struct channel_reach {
	bool any; /* false: nothing at all */
	bool all; /* then there are no pairs */
	const char *const *products, *const *channels;
	size_t count;
};
struct channel_reach access_channel_reach(const struct access *a, const struct actor *who,
    enum permission p, int64_t now, struct arena *arena);

#endif
