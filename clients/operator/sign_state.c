/* clients/operator/sign_state.c: see sign_state.h. */
#include "clients/operator/sign_state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>
#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/json.h"
#include "clients/operator/reason.h"
#include "clients/operator/value.h"

#define STATE_MAX ((size_t)128 << 10)

void sign_state_drop_token(struct sign_state *s)
{
	if (s->token)
		OPENSSL_cleanse(s->token, strlen(s->token));
	free(s->token);
	s->token = NULL;
}

void sign_state_free(struct sign_state *s)
{
	sign_state_drop_token(s);
	*s = (struct sign_state){0};
}

static void path_of(const char *directory, struct buf *out)
{
	buf_printf(out, "%s/.signet-sign.json", directory);
}

static struct status start(const char *plan, struct sign_state *ret_state, struct err *err)
{
	struct rng rng = rng_system();
	uint8_t run[16];
	struct sign_state s = {0};

	TRY(rng_fill(&rng, run, sizeof(run), err));
	hex_text(SPAN_OF(run), s.run);
	snprintf(s.plan, sizeof(s.plan), "%s", plan);
	*ret_state = s;
	return STATUS_OK;
}

static void take(const json_t *root, struct sign_state *ret_state)
{
	const char *run = value_text(root, "run"), *token = value_text(root, "token");

	snprintf(ret_state->plan, sizeof(ret_state->plan), "%s", value_text(root, "plan"));
	snprintf(ret_state->run, sizeof(ret_state->run), "%s", run ? run : "");
	ret_state->token = token ? mem_strdup(token) : NULL;
	ret_state->token_expires = value_int(root, "token_expires", 0);
	ret_state->release = value_int(root, "release", 0);
	ret_state->sign_request = value_int(root, "sign_request", 0);
	ret_state->publish_request = value_int(root, "publish_request", 0);
	ret_state->done = json_is_true(value_at(root, "done"));
}

static struct status check_mode(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & 077))
		return err_refuse(err, WHY(SIGN_STATE), "others may read %s (mode %o)", path,
		    (unsigned)st.st_mode & 0777);
	return STATUS_OK;
}

struct status sign_state_load(const char *directory, const char plan[static 65],
    struct sign_state *ret_state, struct err *err)
{
	AUTO(buf) path = {0}, text = {0};
	struct err why = {0};
	json_t *root;
	const char *kept;

	path_of(directory, &path);
	if (!file_exists(buf_cstr(&path)))
		return start(plan, ret_state, err);
	TRY(check_mode(buf_cstr(&path), err));
	if (!file_read(buf_cstr(&path), STATE_MAX, &text, &why).ok)
		return err_refuse(err, WHY(SIGN_STATE), "%s", why.message);
	root = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	OPENSSL_cleanse(text.p, text.n);
	kept = value_text(root, "plan");
	if (!kept) {
		json_decref(root);
		return err_refuse(err, WHY(SIGN_STATE), "%s is no state", buf_cstr(&path));
	}
	if (strcmp(kept, plan) == 0)
		take(root, ret_state);
	json_decref(root);
	return ret_state->run[0] ? STATUS_OK : start(plan, ret_state, err);
}

struct status sign_state_store(
    const char *directory, const struct sign_state *state, struct err *err)
{
	AUTO(buf) path = {0}, text = {0};
	struct json j = {.out = &text};
	struct status s;

	path_of(directory, &path);
	json_object_begin(&j, NULL);
	json_str(&j, "plan", state->plan);
	json_str(&j, "run", state->run);
	if (state->token) {
		json_str(&j, "token", state->token);
		json_int(&j, "token_expires", state->token_expires);
	}
	json_int(&j, "release", state->release);
	json_int(&j, "sign_request", state->sign_request);
	json_int(&j, "publish_request", state->publish_request);
	json_bool(&j, "done", state->done);
	json_object_end(&j);
	buf_put_byte(&text, '\n');
	s = file_replace(buf_cstr(&path), buf_span(&text), 0600, err);
	OPENSSL_cleanse(text.p, text.n);
	return s;
}
