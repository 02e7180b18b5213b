/* access/permission.c: see permission.h. */
#include "access/permission.h"

#include <string.h>

static const struct {
	const char *name, *help;
} rows[] = {
    [PERMISSION_NEVER] = {"never", "nobody"},
#define PERMISSION_ROW(id, name, help) [PERMISSION_##id] = {(name), (help)},
    PERMISSIONS(PERMISSION_ROW)
#undef PERMISSION_ROW
	[PERMISSION_SELF] = {"self", "whoever has proven to be somebody"},
    [PERMISSION_PUBLIC] = {"public", "anybody"},
    [PERMISSION_DEVICE] = {"device", "a device, by the rules of its label"},
};

const char *permission_name(enum permission p)
{
	return (size_t)p < COUNT(rows) ? rows[p].name : rows[PERMISSION_NEVER].name;
}

const char *permission_help(enum permission p)
{
	return (size_t)p < COUNT(rows) ? rows[p].help : rows[PERMISSION_NEVER].help;
}

enum permission permission_by_name(const char *name)
{
	for (int p = PERMISSION_NEVER + 1; name && p < PERMISSION_COUNT; p++)
		if (strcmp(rows[p].name, name) == 0)
			return (enum permission)p;
	return PERMISSION_NEVER;
}
