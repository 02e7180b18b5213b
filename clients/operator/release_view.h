/* clients/operator/release_view.h: a release for people. */
#ifndef SIGNET_OPERATOR_RELEASE_VIEW_H
#define SIGNET_OPERATOR_RELEASE_VIEW_H

#include <jansson.h>

#include "clients/operator/text.h"

/* "release 7: acme-x100/stable 1.4.0, sequence 12: requested, request 5" */
void release_view_line(const struct screen *out, const json_t *release);
/* All of it: components, provenance, who approved, and what happened when. */
void release_view_print(const struct screen *out, const json_t *release);
/* {"bundle": "signed/release.bundle"}: a line each. */
void release_view_files(const struct screen *out, const json_t *files);

#endif
