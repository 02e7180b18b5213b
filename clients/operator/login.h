/*
 * clients/operator/login.h: where the server is, what it is trusted by, and who we are there.
 *
 * Kept as JSON in $SIGNET_LOGIN, else $XDG_CONFIG_HOME/signet/login, else ~/.config/signet/login,
 * mode 0600. Where there is none, SIGNET_API_URL, SIGNET_CACERT and SIGNET_TOKEN stand for it.
 */
#ifndef SIGNET_OPERATOR_LOGIN_H
#define SIGNET_OPERATOR_LOGIN_H

#include "base/err.h"
#include "base/span.h"

#define LOGIN_TOKEN_MAX ((size_t)64 << 10) /* CI systems' ID tokens have a few KiB */
#define LOGIN_CA_MAX    ((size_t)256 << 10)

/* Owned strings; NULL: not known. */
struct login {
	char *api_url;     /* "https://host:9443", without a slash behind it */
	char *ca_pem;      /* certificates that the server may chain to */
	char *token;       /* wiped on free */
	char *certificate; /* files of a client certificate and its key, absolute */
	char *key;
};
void login_free(struct login *l);
static inline void login_auto(struct login *l)
{
	login_free(l);
}

/* The stored one, else the environment's. What is missing stays NULL: client_open() refuses. */
struct status login_load(struct login *ret_login, struct err *err);
/* Written beside the old one, then renamed over it. */
struct status login_store(const struct login *l, struct err *err);
/* ret_was: there was one. */
struct status login_remove(bool *ret_was, struct err *err);
/* "https://host[:port]": a copy without slashes at the end. Nothing else is a server. */
struct status login_take_url(const char *text, char **ret_url, struct err *err);
/* The PEM file's text; refuses one without a certificate. */
struct status login_take_ca(const char *file, char **ret_pem, struct err *err);
/* A token: printable ASCII without blanks, white space around it dropped. */
struct status login_take_token(struct span text, char **ret_token, struct err *err);

/* A directory of ours: $XDG_.../signet or ~/STANDARD/signet. Not made. */
struct status login_directory(
    const char *variable, const char *standard, struct buf *ret_path, struct err *err);

#endif
