/* clients/operator/cmd_release_verify.c: signet release verify: a bundle, offline. */
#include "base/file.h"
#include "clients/operator/handlers.h"
#include "clients/operator/reason.h"
#include "clients/operator/release_check.h"
#include "clients/operator/trust_file.h"
#include "signing/format/bundle.h"

#define MANIFEST_MAX ((size_t)1 << 20)

struct verifying {
	struct buf bundle, manifest;
	struct trust_file trust;
	struct release_content content;
};

static void verifying_auto(struct verifying *v)
{
	buf_free(&v->bundle);
	buf_free(&v->manifest);
	trust_file_free(&v->trust);
	release_content_free(&v->content);
}

static struct status read_file(
    const char *file, size_t most, struct buf *ret_bytes, struct err *err)
{
	struct err why = {0};

	return !file || file_read(file, most, ret_bytes, &why).ok
		   ? STATUS_OK
		   : err_refuse(err, WHY(FILE), "%s", why.message);
}

static struct status verify(
    const struct call *c, struct verifying *v, json_t **ret_report, struct err *err)
{
	const char *const *values = c->values;
	struct release_check check = {.product = values[OPT_PRODUCT],
	    .channel = values[OPT_CHANNEL],
	    .version = values[OPT_RELEASE_VERSION],
	    .content = v->content.count ? &v->content : NULL};

	TRY(read_file(c->arguments[0], BUNDLE_SIZE_MAX, &v->bundle, err));
	TRY(read_file(values[OPT_MANIFEST], MANIFEST_MAX, &v->manifest, err));
	if (values[OPT_TRUST])
		TRY(trust_file_read_signed(values[OPT_TRUST], &v->trust, err));
	check.bundle = buf_span(&v->bundle);
	check.manifest = buf_span(&v->manifest);
	check.trust = v->trust.bytes.p ? &v->trust.trust : NULL;
	return release_check(&check, ret_report, err);
}

int cmd_release_verify(struct call *c)
{
	AUTO(verifying) v = {0};
	struct err err = {0};
	json_t *report = NULL;
	int code = release_content_take(c, 1, false, &v.content);

	if (code != EXIT_DONE)
		return code;
	if (!verify(c, &v, &report, &err).ok)
		return call_failed(c, &err);
	if (call_has(c, OPT_JSON))
		call_print_json(c, report);
	else
		release_check_print(&c->out, report);
	json_decref(report);
	return EXIT_DONE;
}
