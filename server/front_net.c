/*
 * server/front_net.c: what OpenSSL reads from and writes to: the client's socket, with a buffer
 * before it.
 *
 * OpenSSL reads a record's head and body apart, and goes on until the socket says that there is no
 * more: some sixteen calls of the kernel for one enrollment. Here one call takes whatever is there,
 * and one that brought less than it could have says already that there is no more.
 *
 * The buffer is the loop's and holds what came last; what its connection has left over when another
 * one reads moves into that connection's own memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "server/core_internal.h"

static size_t left(const struct ahead *a)
{
	return a->n - a->at;
}

/* Whoever else had it takes what is its own; we find what we had left. */
static void take_over(struct ahead *a, struct front *f)
{
	struct front *before = a->owner;

	if (before == f)
		return;
	if (before && left(a) > 0) {
		before->ahead.n = left(a);
		before->ahead.p = mem_alloc(before->ahead.n);
		memcpy(before->ahead.p, a->bytes + a->at, before->ahead.n);
	}
	a->owner = f;
	a->at = 0;
	a->n = f->ahead.n;
	if (a->n > 0)
		memcpy(a->bytes, f->ahead.p, a->n);
	free(f->ahead.p);
	f->ahead = (struct pending){0};
}

void front_net_forget(struct front *f)
{
	struct ahead *a = &f->loop->ahead;

	if (a->owner == f)
		a->owner = NULL;
	free(f->ahead.p);
	f->ahead = (struct pending){0};
}

/* False: the end, or nothing now. */
static bool refill(struct ahead *a, struct front *f, BIO *b)
{
	ssize_t n;

	/* Emptied by the last call: what comes later wakes the loop, and we are asked again. */
	if (f->net_emptied) {
		f->net_emptied = false;
		BIO_set_retry_read(b);
		return false;
	}
	n = recv(f->net_fd, a->bytes, sizeof(a->bytes), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(b);
	f->net_ended = n == 0;
	f->net_emptied = n > 0 && (size_t)n < sizeof(a->bytes);
	a->at = 0;
	a->n = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static int net_read(BIO *b, char *out, int size)
{
	struct front *f = BIO_get_data(b);
	struct ahead *a = &f->loop->ahead;
	size_t n = (size_t)size;

	BIO_clear_retry_flags(b);
	take_over(a, f);
	if (left(a) == 0 && !refill(a, f, b))
		return f->net_ended ? 0 : -1;
	if (n > left(a))
		n = left(a);
	memcpy(out, a->bytes + a->at, n);
	a->at += n;
	return (int)n;
}

static int net_write(BIO *b, const char *p, int size)
{
	struct front *f = BIO_get_data(b);
	/* The last record and the FIN behind it go as one segment. */
	ssize_t n = send(f->net_fd, p, (size_t)size, MSG_NOSIGNAL | (f->ending ? MSG_MORE : 0));

	BIO_clear_retry_flags(b);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(b);
	return (int)n;
}

static long net_control(BIO *b, int what, long number, void *pointer)
{
	const struct front *f = BIO_get_data(b);

	(void)number;
	(void)pointer;
	switch (what) {
	case BIO_CTRL_FLUSH: return 1;
	case BIO_CTRL_EOF: return f->net_ended;
	default: return 0;
	}
}

BIO_METHOD *front_net_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "client");

	if (m && BIO_meth_set_read(m, net_read) == 1 && BIO_meth_set_write(m, net_write) == 1 &&
	    BIO_meth_set_ctrl(m, net_control) == 1)
		return m;
	BIO_meth_free(m);
	return NULL;
}

bool front_net_join(struct front *f)
{
	BIO *b = BIO_new(f->loop->net_method);

	if (!b)
		return false;
	BIO_set_data(b, f);
	BIO_set_init(b, 1);
	SSL_set_bio(f->ssl, b, b);
	return true;
}
