/*
 * access/oidc_run.h: what the token of a CI's run says of the run, in one form for all issuers.
 *
 *	{"commit":"6dcb09b5...","environment":"production","event":"push",
 *	 "issuer":"https://token.actions.githubusercontent.com","ref":"refs/heads/main",
 *	 "ref_protected":true,"repository":"acme/x100","repository_id":"123456","run":"30433642",
 *	 "workflow":"acme/x100/.github/workflows/release.yml@refs/heads/main"}
 *
 * Members in the order of their names, those left out that the token does not have: equal runs give
 * equal bytes. GitHub's claims and GitLab's are known, by a table. signing/provenance.h reads it
 * and judges. Only of a token whose signature was good is it true.
 */
#ifndef SIGNET_ACCESS_OIDC_RUN_H
#define SIGNET_ACCESS_OIDC_RUN_H

#include "access/jws.h"

#define OIDC_RUN_TEXT_MAX 512 /* bytes of a member; one that is longer is left out */

/* In the arena. NULL: the token is of no repository. */
const char *oidc_run(const struct jws *token, struct arena *arena);

/* What set it off, where a stranger's code may run by that: a pull or merge request. NULL: not so;
 * else the value, and ret_claim has it. */
const char *oidc_run_strange(const struct jws *token, struct arena *arena, const char **ret_claim);

#endif
