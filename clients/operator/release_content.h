/* clients/operator/release_content.h: what a release is made of, out of options and files. */
#ifndef SIGNET_OPERATOR_RELEASE_CONTENT_H
#define SIGNET_OPERATOR_RELEASE_CONTENT_H

#include "clients/operator/call.h"
#include "clients/operator/digest_file.h"
#include "signing/format/suit.h"

struct content_component {
	char *id, *file, *uri; /* owned; uri NULL: none */
	struct digest_file digest;
};

struct release_content {
	size_t count;
	struct content_component components[SUIT_COMPONENTS_MAX];
};
void release_content_free(struct release_content *content);
static inline void release_content_auto(struct release_content *content)
{
	release_content_free(content);
}

/*
 * The components of --component and of the arguments from `first` on, hashed. An argument is
 * ID=FILE or FILE; one FILE alone is "main", several are called by their names up to the first dot.
 * EXIT_DONE, or the operator has been told what is wrong.
 */
int release_content_take(
    struct call *c, int first, bool needed, struct release_content *ret_content);
/* The body of createRelease: compact JSON that is the same for the same; freed by the caller. */
int release_content_body(
    const struct call *c, const struct release_content *content, char **ret_body);

#endif
