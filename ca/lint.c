/* ca/lint.c: the table of lints, run. */

#include "ca/lint.h"

#include "ca/lint_table.h"

#define ADVICE                                                                                   \
	"nothing was signed; the operator must look at the profile, and we at the lint: please " \
	"report it"

#define LINT_ROW(name, source) \
	{#name, (source), lint_##name, {"lint." #name, ERR_INTERNAL, (source), ADVICE}},

const struct lint lints[] = {
    LINTS(LINT_ROW){NULL, NULL, NULL, {NULL, ERR_NONE, NULL, NULL}},
};

struct status lint_certificate(
    struct span tbs_der, const struct lint_context *context, struct err *err)
{
	static const struct reason malformed = {
	    "lint.tbs_malformed", ERR_INTERNAL, "RFC 5280 4.1", ADVICE};
	struct tbs tbs;
	struct err parse = {0};
	char why[200] = "";
	if (!tbs_parse(tbs_der, &tbs, &parse).ok)
		return err_refuse(err, &malformed, "lint tbs_malformed: %s", parse.message);
	for (const struct lint *l = lints; l->name; l++)
		if (!l->check(&tbs, context, why, sizeof(why)))
			return err_refuse(
			    err, &l->reason, "lint %s%s%s", l->name, why[0] ? ": " : "", why);
	return STATUS_OK;
}
