/* access/act_kind.c: see act_kind.h. */
#include "access/act_kind.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *help;
	enum permission permission;
} rows[ACT_KIND_COUNT] = {[ACT_NONE] = {"none", "nothing", PERMISSION_NEVER},
#define ACT_ROW(id, name, permission, help) [ACT_##id] = {(name), (help), PERMISSION_##permission},
    ACT_KINDS(ACT_ROW)
#undef ACT_ROW
};

static size_t row_of(enum act_kind kind)
{
	return (size_t)kind < COUNT(rows) ? (size_t)kind : (size_t)ACT_NONE;
}

const char *act_kind_name(enum act_kind kind)
{
	return rows[row_of(kind)].name;
}

const char *act_kind_help(enum act_kind kind)
{
	return rows[row_of(kind)].help;
}

enum permission act_kind_permission(enum act_kind kind)
{
	return rows[row_of(kind)].permission;
}

enum act_kind act_kind_by_name(const char *name)
{
	for (int k = ACT_NONE + 1; name && k < ACT_KIND_COUNT; k++)
		if (strcmp(rows[k].name, name) == 0)
			return (enum act_kind)k;
	return ACT_NONE;
}

enum act_kind act_kind_of_document(const char *document_kind)
{
	char name[64];

	if (strcmp(document_kind, "device") == 0 || strcmp(document_kind, "devices") == 0)
		return ACT_DEVICE_REGISTER;
	snprintf(name, sizeof(name), "%.40s.change", document_kind);
	return act_kind_by_name(name);
}
