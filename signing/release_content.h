/* signing/release_content.h: is what is said of a release well formed, and what its channel takes?
 */
#ifndef SIGNET_SIGNING_RELEASE_CONTENT_H
#define SIGNET_SIGNING_RELEASE_CONTENT_H

#include "signing/release.h"

/* release.version, release.component, release.uri, release.notes, release.sbom. */
struct status release_content_check(
    const struct channel *channel, const struct release_new *content, struct err *err);

#endif
