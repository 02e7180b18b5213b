/* access/access_help.h: the tables of access/ as Markdown, for docs/roles.md. */
#ifndef SIGNET_ACCESS_ACCESS_HELP_H
#define SIGNET_ACCESS_ACCESS_HELP_H

#include "base/span.h"

/* Permissions, with the shipped roles that have each; shipped roles; kinds of acts. Appended. */
void access_help(struct buf *out);

#endif
