/*
 * tests/unit/operator/responder.h: a small HTTPS server on loopback, in a thread, that answers by a
 * table, rightly or wrongly; and a way to run signet against it.
 */
#ifndef TEST_OPERATOR_RESPONDER_H
#define TEST_OPERATOR_RESPONDER_H

#include <pthread.h>

#include <openssl/ssl.h>

#include "base/span.h"

enum trick {
	TRICK_NONE,
	TRICK_CLOSE,   /* the request is read, the connection ends */
	TRICK_CUT,     /* half of the body, then the end */
	TRICK_HUGE,    /* a body without end */
	TRICK_DRIP,    /* a body without end, an octet ten times a second */
	TRICK_NO_HTTP, /* other octets instead of HTTP */
};

/* The first row that fits answers; one with `times` does so that often, then counts no more. */
struct answer_row {
	const char *method; /* NULL: any */
	const char *path;   /* the request's begins with it */
	int status;
	const char *type;    /* NULL: application/json */
	const char *headers; /* whole lines with CRLF; NULL: none */
	const char *body;    /* NULL: none */
	enum trick trick;
	int times;
};

#define SEEN_MAX        64
#define CONNECTIONS_MAX 256
struct seen { /* a request */
	char method[8], path[512], key[80], match[80], authorization[128], type[64];
	char client[64]; /* common name of the client's certificate */
	struct buf body;
};

/* Answers before the rows do: status and body; 0: the rows shall. In the responder's thread. */
typedef int (*answer_hook)(void *context, const struct seen *seen, struct buf *body);

struct responder {
	answer_hook hook; /* NULL: none */
	void *context;
	const struct answer_row *rows; /* ended by path NULL; set while nobody asks */
	int used[64];                  /* how often a row answered */
	struct seen seen[SEEN_MAX];    /* the first ones */
	size_t count;

	X509 *root, *leaf;
	EVP_PKEY *root_key, *leaf_key;
	SSL_CTX *tls;
	int listen_fd;
	char url[64];
	char dir[64]; /* HOME of the program under test; root.pem is there */
	pthread_t thread;
	pthread_mutex_t lock; /* one answer at a time */
	struct connection {
		struct responder *responder;
		int fd;
		pthread_t thread;
	} connections[CONNECTIONS_MAX];
	size_t connection_count;
};

/* Sets HOME, SIGNET_API_URL, SIGNET_CACERT and SIGNET_TOKEN for it. */
struct responder *responder_start(const struct answer_row *rows);
void responder_stop(struct responder *r);
/* Forget what was seen and used, answer by these. */
void responder_answer(struct responder *r, const struct answer_row *rows);
/* Show the leaf alone in the handshake, as servers do. */
void responder_hide_root(struct responder *r);
/* The PEM file of a new client certificate with its key, signed by the root. */
void responder_client(struct responder *r, const char *name, char *ret_path, size_t size);
/* hex SHA-256 of a certificate */
void responder_fingerprint(X509 *certificate, char text[static 65]);

struct outcome {
	int code;
	char *out, *err;
	size_t out_n, err_n;
};
/* Words are separated by blanks; `in` may be NULL. The caller frees by outcome_free(). */
struct outcome signet(const char *in, const char *line);
void outcome_free(struct outcome *o);
static inline void outcome_auto(struct outcome *o)
{
	outcome_free(o);
}

#endif
