/*
 * access/shipped_roles.h: the roles that come with Signet, as documents.
 *
 * `signetd admin` applies those that are missing; from then on they are the operator's, to be
 * changed like any other. docs/roles.md has their table.
 */
#ifndef SIGNET_ACCESS_SHIPPED_ROLES_H
#define SIGNET_ACCESS_SHIPPED_ROLES_H

struct shipped_role {
	const char *name;
	const char *help;
	const char *document; /* YAML, one document */
};
extern const struct shipped_role shipped_roles[]; /* ended by name NULL */

#define SHIPPED_ADMIN "admin" /* the one with every permission */

#endif
