/* clients/operator/kinds.h: the kinds of things that the API has, and how they are shown. */
#ifndef SIGNET_OPERATOR_KINDS_H
#define SIGNET_OPERATOR_KINDS_H

#include "clients/operator/list.h"

/* What has to do with a thing of another kind. */
struct relation {
	const char *title;
	const char *kind;   /* of what is related */
	const char *query;  /* filter of the API that takes the name; NULL: by member */
	const char *member; /* of the related item: the name, or a list with it */
	const char *source; /* of the thing itself, whose text is looked for; NULL: its name */
};

struct kind {
	const char *name;   /* "oidc-rule" */
	const char *plural; /* "oidc-rules" */
	bool removable;     /* a policy document that may be removed; others are changed only */
	struct list_view view;
	const struct relation *relations; /* ended by title NULL; NULL: none */
};
extern const struct kind kinds[]; /* ended by name NULL */

/* By name or plural; NULL: there is none. */
const struct kind *kind_find(const char *word);

extern const struct list_view view_devices, view_certificates, view_enrollments, view_requests,
    view_tokens, view_refusals, view_alarms, view_mass_revocations, view_crls, view_responders,
    view_device_history, view_releases, view_statements, view_signing_keys;

#endif
