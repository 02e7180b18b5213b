/* clients/operator/login.c: see login.h. */
#include "clients/operator/login.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/crypto.h>

#include "base/file.h"
#include "base/json.h"
#include "clients/operator/reason.h"

#define LOGIN_FILE_MAX ((size_t)512 << 10)

/* The members of the stored file. */
static const struct {
	const char *name;
	size_t offset;
} members[] = {
    {"api_url", offsetof(struct login, api_url)},
    {"ca", offsetof(struct login, ca_pem)},
    {"token", offsetof(struct login, token)},
    {"certificate", offsetof(struct login, certificate)},
    {"key", offsetof(struct login, key)},
};

static char **member_of(struct login *l, size_t i)
{
	return (char **)((char *)l + members[i].offset);
}

static const char *text_of(const struct login *l, size_t i)
{
	return *(char *const *)((const char *)l + members[i].offset);
}

void login_free(struct login *l)
{
	if (l->token)
		OPENSSL_cleanse(l->token, strlen(l->token));
	for (size_t i = 0; i < COUNT(members); i++)
		free(*member_of(l, i));
	*l = (struct login){0};
}

static const char *set_text(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value ? value : NULL;
}

struct status login_directory(
    const char *variable, const char *standard, struct buf *ret_path, struct err *err)
{
	const char *directory = set_text(variable), *home = set_text("HOME");

	/* XDG Base Directory: "all paths set in these variables must be absolute" */
	if (directory && *directory == '/')
		buf_printf(ret_path, "%s/signet", directory);
	else if (home)
		buf_printf(ret_path, "%s/%s/signet", home, standard);
	else
		return err_refuse(err, WHY(FILE), "neither %s nor HOME is set", variable);
	return STATUS_OK;
}

static struct status path_of(struct buf *ret_path, struct err *err)
{
	const char *named = set_text("SIGNET_LOGIN");

	if (named) {
		buf_put_str(ret_path, named);
		return STATUS_OK;
	}
	TRY(login_directory("XDG_CONFIG_HOME", ".config", ret_path, err));
	buf_put_str(ret_path, "/login");
	return STATUS_OK;
}

/* ---- reading ---- */

static struct status from_environment(struct login *l, struct err *err)
{
	const char *url = set_text("SIGNET_API_URL"), *ca = set_text("SIGNET_CACERT");
	const char *token = set_text("SIGNET_TOKEN");

	if (url)
		TRY(login_take_url(url, &l->api_url, err));
	if (ca)
		TRY(login_take_ca(ca, &l->ca_pem, err));
	if (token)
		TRY(login_take_token(span_str(token), &l->token, err));
	return STATUS_OK;
}

static struct status from_file(const char *path, struct login *l, struct err *err)
{
	AUTO(buf) text = {0};
	struct stat st;
	struct err why = {0};
	json_t *root;

	if (stat(path, &st) == 0 && (st.st_mode & 077))
		return err_refuse(
		    err, WHY(LOGIN_MODE), "others may read %s (mode %o)", path, st.st_mode & 0777);
	if (!file_read(path, LOGIN_FILE_MAX, &text, &why).ok)
		return err_refuse(err, WHY(LOGIN_FILE), "%s", why.message);
	root = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	OPENSSL_cleanse(text.p, text.n);
	for (size_t i = 0; i < COUNT(members); i++) {
		const char *value = json_string_value(json_object_get(root, members[i].name));

		if (value)
			*member_of(l, i) = mem_strdup(value);
	}
	json_decref(root);
	if (!l->api_url)
		return err_refuse(err, WHY(LOGIN_FILE), "%s is no stored login", path);
	return STATUS_OK;
}

struct status login_load(struct login *ret_login, struct err *err)
{
	AUTO(login) l = {0};
	AUTO(buf) path = {0};

	TRY(path_of(&path, err));
	if (file_exists(buf_cstr(&path)))
		TRY(from_file(buf_cstr(&path), &l, err));
	else
		TRY(from_environment(&l, err));
	*ret_login = l;
	l = (struct login){0};
	return STATUS_OK;
}

/* ---- writing ---- */

static struct status make_parent(const char *path, struct err *err)
{
	char *copy = mem_strdup(path);
	struct status s = dir_make(dirname(copy), 0700, err);

	free(copy);
	return s;
}

struct status login_store(const struct login *l, struct err *err)
{
	AUTO(buf) path = {0}, text = {0};
	struct json j = {.out = &text};
	struct status s;

	TRY(path_of(&path, err));
	TRY(make_parent(buf_cstr(&path), err));
	json_object_begin(&j, NULL);
	for (size_t i = 0; i < COUNT(members); i++)
		if (text_of(l, i))
			json_str(&j, members[i].name, text_of(l, i));
	json_object_end(&j);
	buf_put_byte(&text, '\n');
	s = file_replace(buf_cstr(&path), buf_span(&text), 0600, err);
	OPENSSL_cleanse(text.p, text.n);
	return s;
}

struct status login_remove(bool *ret_was, struct err *err)
{
	AUTO(buf) path = {0};

	TRY(path_of(&path, err));
	*ret_was = file_exists(buf_cstr(&path));
	if (*ret_was && unlink(buf_cstr(&path)) != 0)
		return err_errno(err, ERR_CONFIG, "%s cannot be removed", buf_cstr(&path));
	return STATUS_OK;
}

/* ---- what is taken from people ---- */

static bool is_plain(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n > 0;
}

struct status login_take_url(const char *text, char **ret_url, struct err *err)
{
	struct span s = span_str(text);
	struct span host;

	while (s.n && s.p[s.n - 1] == '/')
		s.n--;
	host = s;
	if (span_starts(s, "https://"))
		host = span(s.p + 8, s.n - 8);
	if (!is_plain(host) || host.n == s.n || memchr(host.p, '/', host.n) ||
	    memchr(host.p, '?', host.n) || memchr(host.p, '#', host.n) ||
	    memchr(host.p, '@', host.n))
		return err_refuse(err, WHY(LOGIN_URL), "'%.100s' is no https://host[:port]", text);
	*ret_url = mem_strndup((const char *)s.p, s.n);
	return STATUS_OK;
}

struct status login_take_ca(const char *file, char **ret_pem, struct err *err)
{
	AUTO(buf) text = {0};
	struct err why = {0};

	if (!file_read(file, LOGIN_CA_MAX, &text, &why).ok)
		return err_refuse(err, WHY(LOGIN_CA), "%s", why.message);
	if (!strstr(buf_cstr(&text), "-----BEGIN CERTIFICATE-----"))
		return err_refuse(err, WHY(LOGIN_CA), "there is no PEM certificate in '%s'", file);
	*ret_pem = mem_strdup(buf_cstr(&text));
	return STATUS_OK;
}

struct status login_take_token(struct span text, char **ret_token, struct err *err)
{
	text = span_trim(text);
	if (!is_plain(text) || text.n > LOGIN_TOKEN_MAX)
		return err_refuse(err, WHY(LOGIN_TOKEN), "this is no token (%zu octets)", text.n);
	*ret_token = mem_strndup((const char *)text.p, text.n);
	return STATUS_OK;
}
