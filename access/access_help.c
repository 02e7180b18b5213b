/* access/access_help.c: see access_help.h. */
#include "access/access_help.h"

#include "access/act_kind.h"
#include "access/document.h"
#include "access/shipped_roles.h"

#include <string.h>

/* Does the document of a shipped role list it? They are ours: they read. */
static bool role_has(const struct shipped_role *role, const char *permission)
{
	AUTO(doc_file) f = {0};
	struct err ignored = {0};
	const struct doc_node *list;

	if (!doc_parse(role->name, span_str(role->document), &f, &ignored).ok)
		return false;
	list = doc_get(f.documents[0], "permissions");
	for (const struct doc_node *p = list ? list->child : NULL; p; p = p->next)
		if (strcmp(p->text, permission) == 0)
			return true;
	return false;
}

static void put_permissions(struct buf *out)
{
	buf_put_str(out, "### Permissions\n\n| permission | lets |");
	for (const struct shipped_role *r = shipped_roles; r->name; r++)
		buf_printf(out, " %s |", r->name);
	buf_put_str(out, "\n|---|---|");
	for (const struct shipped_role *r = shipped_roles; r->name; r++)
		buf_put_str(out, ":-:|");
	for (int p = PERMISSION_NEVER + 1; p < PERMISSION_COUNT; p++) {
		const char *name = permission_name((enum permission)p);

		buf_printf(out, "\n| `%s` | %s |", name, permission_help((enum permission)p));
		for (const struct shipped_role *r = shipped_roles; r->name; r++)
			buf_put_str(out, role_has(r, name) ? " yes |" : " |");
	}
	buf_put_str(out, "\n\n");
}

static void put_roles(struct buf *out)
{
	buf_put_str(out, "### Shipped roles\n\n| role | for |\n|---|---|\n");
	for (const struct shipped_role *r = shipped_roles; r->name; r++)
		buf_printf(out, "| `%s` | %s |\n", r->name, r->help);
	buf_put_str(out, "\n");
}

static void put_acts(struct buf *out)
{
	buf_put_str(out, "### Acts\n\n| act | is to | whoever acts needs |\n|---|---|---|\n");
	for (int k = ACT_NONE + 1; k < ACT_KIND_COUNT; k++) {
		enum act_kind kind = (enum act_kind)k;

		buf_printf(out, "| `%s` | %s | `%s` |\n", act_kind_name(kind), act_kind_help(kind),
		    permission_name(act_kind_permission(kind)));
	}
}

void access_help(struct buf *out)
{
	put_roles(out);
	put_permissions(out);
	put_acts(out);
}
