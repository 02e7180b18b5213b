/* access/build_internal.h: shared by the files that build a picture: access_build(). */
#ifndef SIGNET_ACCESS_BUILD_INTERNAL_H
#define SIGNET_ACCESS_BUILD_INTERNAL_H

#include "access/access_internal.h"

struct builder {
	struct access *a;
	const struct access_item *items;
	size_t count;
	struct str_list products; /* names that there are */
	struct arena *arena;
	struct err *err;
};

/* "file:line: kind 'name': member: why" */
struct status build_fail(const struct builder *b, const struct access_item *at, const char *member,
    const char *format, ...) PRINTF(4, 5);
/* The place of the n-th item of a list, for its line. */
struct access_item build_at(const struct access_item *item, const char *member, size_t n);
struct status build_no_doubles(const struct builder *b, const struct access_item *item,
    const char *member, const struct str_list *list);
/* The member `products`: there is each of them, and none twice. */
struct status build_products(
    const struct builder *b, const struct access_item *item, const struct str_list *names);
bool build_has_product(const struct builder *b, const char *name);
/* a-z 0-9 - . _, the first a letter or digit */
bool build_channel_fits(const char *name);

/* access/build_release.c */
struct status build_signing_key(const struct builder *b, const struct access_item *item);
struct status build_channel(const struct builder *b, const struct access_item *item);

#endif
