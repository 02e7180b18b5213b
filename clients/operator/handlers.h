/* clients/operator/handlers.h: what the rows of commands.c call. Each returns EXIT_... */
#ifndef SIGNET_OPERATOR_HANDLERS_H
#define SIGNET_OPERATOR_HANDLERS_H

#include "clients/operator/call.h"
#include "clients/operator/list.h"

/* act.c: one call on one thing, by its row; list.c: one list, by its view */
int cmd_act(struct call *c);
int cmd_list_view(struct call *c);
/* cmd_login.c */
int cmd_login(struct call *c);
int cmd_logout(struct call *c);
int cmd_whoami(struct call *c);
/* apply.c, cmd_policy.c */
int cmd_apply(struct call *c);
int cmd_get(struct call *c);
int cmd_list(struct call *c);
int cmd_describe(struct call *c);
int cmd_delete(struct call *c);
/* cmd_make.c */
int cmd_make(struct call *c);
/* cmd_device.c, import.c */
int cmd_device_register(struct call *c);
int cmd_device_import(struct call *c);
int cmd_device_show(struct call *c);
int cmd_device_history(struct call *c);
int cmd_device_state(struct call *c);
/* cmd_show.c */
int cmd_show(struct call *c);
int cmd_certificate_show(struct call *c);
/* cmd_status.c, cmd_mass.c */
int cmd_certificate_status(struct call *c);
int cmd_revoke(struct call *c);
int cmd_mass_watch(struct call *c);
/* cmd_crl.c, cmd_statistics.c */
int cmd_crl_get(struct call *c);
int cmd_statistics(struct call *c);
/* cmd_trust.c, cmd_trust_sign.c */
int cmd_trust_key(struct call *c);
int cmd_trust_make(struct call *c);
int cmd_trust_next(struct call *c);
int cmd_trust_sign(struct call *c);
int cmd_trust_show(struct call *c);
int cmd_trust_verify(struct call *c);
/* cmd_trust_publish.c */
int cmd_trust_publish(struct call *c);
int cmd_trust_get(struct call *c);
/* cmd_sign.c, cmd_release.c, cmd_release_verify.c, cmd_signing_key.c */
int cmd_sign(struct call *c);
int cmd_release_create(struct call *c);
int cmd_release_request(struct call *c);
int cmd_release_status(struct call *c);
int cmd_release_wait(struct call *c);
int cmd_release_fetch(struct call *c);
int cmd_release_publish(struct call *c);
int cmd_release_recall(struct call *c);
int cmd_release_show(struct call *c);
int cmd_release_verify(struct call *c);
int cmd_signing_key_make(struct call *c);
int cmd_signing_key_show(struct call *c);
int cmd_signing_key_state(struct call *c);
/* cmd_request.c */
int cmd_request_show(struct call *c);
int cmd_request_approve(struct call *c);
int cmd_request_redeem(struct call *c);
/* cmd_access.c */
int cmd_can(struct call *c);
int cmd_token_create(struct call *c);
/* cmd_log.c, cmd_proof.c */
int cmd_log_info(struct call *c);
int cmd_log_verify(struct call *c);
int cmd_log_prove(struct call *c);
int cmd_log_check(struct call *c);
/* completion.c, manual.c */
int cmd_completion(struct call *c);
int cmd_man(struct call *c);

#endif
