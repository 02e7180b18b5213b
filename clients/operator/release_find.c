/* clients/operator/release_find.c: see release_find.h. */
#include "clients/operator/release_find.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clients/operator/reason.h"
#include "clients/operator/value.h"

static int get(struct follow *f, const char *path, struct client_reply *ret_reply)
{
	return follow_ask(f, &(struct client_request){.method = "GET", .path = path}, ret_reply);
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* A version may have slashes in it; the other two have none. */
static void list_url(const char *text, size_t product, size_t channel, struct buf *url)
{
	char *name = mem_strndup(text, product);
	char *on = mem_strndup(text + product + 1, channel);

	buf_put_str(url, "/releases");
	url_add(url, "product", name);
	url_add(url, "channel", on);
	url_add(url, "version", text + product + channel + 2);
	free(name);
	free(on);
}

static int none(const struct call *c, const char *text)
{
	struct err err = {0};

	(void)err_set(
	    &err, ERR_MISSING, "there is no release '%.100s', or you may not see it", text);
	return call_failed(c, &err);
}

int release_find(struct follow *f, const char *text, struct client_reply *ret_reply)
{
	AUTO(client_reply) list = {0};
	AUTO(buf) path = {0};
	size_t product = strcspn(text, "/");
	size_t channel = text[product] ? strcspn(text + product + 1, "/") : 0;
	const json_t *first;
	int code;

	if (!is_number(text) && (!text[product] || !text[product + 1 + channel]))
		return call_usage(
		    f->call, "'%s' is neither a number nor PRODUCT/CHANNEL/VERSION", text);
	if (!is_number(text)) {
		list_url(text, product, channel, &path);
		code = get(f, buf_cstr(&path), &list);
		if (code != EXIT_DONE)
			return code;
		first = json_array_get(value_at(list.json, "items"), 0);
		if (!first)
			return none(f->call, text);
		buf_reset(&path);
		buf_printf(&path, "/releases/%" PRId64, value_int(first, "id", 0));
	} else {
		buf_printf(&path, "/releases/%s", text);
	}
	return get(f, buf_cstr(&path), ret_reply);
}
