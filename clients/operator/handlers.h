/* clients/operator/handlers.h: what the rows of commands.c call. Each returns EXIT_... */
#ifndef SIGNET_OPERATOR_HANDLERS_H
#define SIGNET_OPERATOR_HANDLERS_H

#include "clients/operator/call.h"
#include "clients/operator/list.h"

/* cmd_login.c */
int cmd_login(struct call *c);
int cmd_logout(struct call *c);
int cmd_whoami(struct call *c);
/* completion.c */
int cmd_completion(struct call *c);
/* manual.c */
int cmd_man(struct call *c);

#endif
