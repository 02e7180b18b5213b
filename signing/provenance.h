/*
 * signing/provenance.h: where a release came from: what the verified token of a CI run said, in one
 * form for all issuers. Stored with the token and with its release, and part of the manifest.
 *
 *	{"commit","environment","event","issuer","ref","ref_protected","repository","repository_id",
 *	 "run","workflow"}      what is unknown is left out
 */
#ifndef SIGNET_SIGNING_PROVENANCE_H
#define SIGNET_SIGNING_PROVENANCE_H

#include "access/release_policy.h"
#include "base/json.h"

#define PROVENANCE_TEXT_MAX 512 /* octets of a member: refs and workflows are the longest */

struct provenance {
	const char *issuer;        /* iss of the token, whole */
	const char *repository;    /* name, for people */
	const char *repository_id; /* number: names can be given to somebody else */
	const char *ref;           /* "refs/heads/main" */
	const char *commit;
	const char *workflow;    /* workflow_ref, ci_config_ref_uri, with its @ref */
	const char *run;         /* run_id, pipeline_id */
	const char *environment; /* NULL: none */
	const char *event;       /* event_name, pipeline_source */
	bool ref_protected;      /* as the token says; unknown: false */
};

/* Canonical: equal ones give equal octets. Appends. */
void provenance_put(const struct provenance *p, struct buf *out);
/* Back again; strings in the arena. ERR_INPUT: not in this form. */
struct status provenance_read(
    const char *json, struct arena *arena, struct provenance *ret_p, struct err *err);
/*
 * May such a run release there, as the channel stands? NULL: a person, or a service. ERR_DENIED
 * release.source (from nowhere, or from somewhere else), release.ref (not protected), release.fork
 * (a pull or merge request: a stranger's code may have run).
 */
struct status provenance_judge(
    const struct channel *channel, const struct provenance *p, struct err *err);

#endif
