/*
 * server/front_io.c: bytes of an open TLS connection, both ways, with back-pressure.
 *
 * A direction that cannot go on keeps at most one record and stops reading its source.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "server/core_internal.h"

/* Records that one connection may move in one turn, so that others get theirs. */
#define RECORDS_PER_TURN 8
/* What libmicrohttpd may write ahead of a slow reader; the kernel doubles it. */
#define PAIR_BUFFER (64 * 1024)

static void keep(struct pending *p, const uint8_t *bytes, size_t n)
{
	p->p = mem_alloc(n);
	memcpy(p->p, bytes, n);
	p->n = n;
	p->sent = 0;
}

static void drop(struct pending *p)
{
	free(p->p);
	*p = (struct pending){0};
}

/*
 * An idle connection keeps no buffers of OpenSSL, 33 KB. Not by SSL_MODE_RELEASE_BUFFERS: that
 * frees and allocates them for each record, of which a handshake alone has eight.
 */
void front_rest(struct front *f)
{
	SSL_free_buffers(f->ssl); /* but what holds a part of a record */
}

/* ---- towards the client ---- */

/* All of a record, or none. False: not now, or never again (the front is then dead). */
static bool write_record(struct front *f, const uint8_t *p, size_t n)
{
	int done, why;

	ERR_clear_error();
	done = SSL_write(f->ssl, p, (int)n);
	if (done > 0) {
		if (f->deadline_kind == DEADLINE_WRITE)
			loop_deadline(f, DEADLINE_WRITE);
		return true;
	}
	why = SSL_get_error(f->ssl, done);
	if (why != SSL_ERROR_WANT_WRITE && why != SSL_ERROR_WANT_READ) {
		ERR_clear_error();
		front_kill(f);
	}
	return false;
}

static bool flush_down(struct front *f)
{
	if (f->down.n == 0)
		return true;
	if (!write_record(f, f->down.p, f->down.n))
		return false;
	drop(&f->down);
	return true;
}

static void pump_down(struct front *f)
{
	struct loop *l = f->loop;

	if (!flush_down(f))
		return;
	for (int i = 0; f->pair_ready && f->pair_fd >= 0 && !f->pair_eof; i++) {
		ssize_t n;

		if (i == RECORDS_PER_TURN) {
			front_again(f);
			return;
		}
		n = recv(f->pair_fd, l->scratch, sizeof(l->scratch), 0);
		/* Less than could be read: there is no more, and epoll tells of what comes. */
		f->pair_ready = n == (ssize_t)sizeof(l->scratch);
		if (n < 0 && errno == EAGAIN)
			break;
		/* A reset comes after the data: libmicrohttpd closed over unread bytes. */
		if (n <= 0) {
			f->pair_eof = true;
			break;
		}
		if (!write_record(f, l->scratch, (size_t)n)) {
			if (f->state == FRONT_OPEN)
				keep(&f->down, l->scratch, (size_t)n);
			return;
		}
	}
	/* All of the answer is with the kernel: from now on the client keeps us waiting. */
	if (!f->exchange && f->deadline_kind == DEADLINE_WRITE) {
		loop_deadline(f, DEADLINE_IDLE);
		front_rest(f);
	}
}

/* ---- towards libmicrohttpd ---- */

/* Made at the first clear byte, not at accept: a connection that asks nothing costs nothing here.
 */
static bool join_http(struct front *f)
{
	int pair[2], size = PAIR_BUFFER;

	if (f->pair_fd >= 0)
		return true;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	f->pair_fd = pair[0];
	return http_add(f, pair[1]);
}

/* False: the rest waits in `up`, or nobody reads any more. */
static bool pass_up(struct front *f, const uint8_t *p, size_t n)
{
	ssize_t done = send(f->pair_fd, p, n, MSG_NOSIGNAL);

	f->loop->http_due = true;
	if (done < 0 && errno != EAGAIN) {
		f->pair_broken = true;
		return false;
	}
	if (done < 0)
		done = 0;
	if ((size_t)done < n)
		keep(&f->up, p + done, n - (size_t)done);
	return (size_t)done == n;
}

static bool flush_up(struct front *f)
{
	struct pending waiting = f->up;
	bool all;

	if (waiting.n == 0)
		return true;
	f->up = (struct pending){0};
	all = pass_up(f, waiting.p, waiting.n);
	drop(&waiting);
	return all;
}

/* 0: nothing now, or no more. */
static int read_record(struct front *f)
{
	int n, why;

	ERR_clear_error();
	n = SSL_read(f->ssl, f->loop->scratch, sizeof(f->loop->scratch));
	if (n > 0)
		return n;
	why = SSL_get_error(f->ssl, n);
	f->want_write = why == SSL_ERROR_WANT_WRITE;
	if (why == SSL_ERROR_ZERO_RETURN)
		f->net_eof = true;
	else if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
		front_kill(f);
	ERR_clear_error();
	return 0;
}

static void pump_up(struct front *f)
{
	if (!flush_up(f))
		return;
	for (int i = 0; !f->net_eof && !f->pair_broken; i++) {
		int n;

		/* Read ahead by OpenSSL, a record would not wake us again. */
		if (i == RECORDS_PER_TURN) {
			front_again(f);
			return;
		}
		n = read_record(f);
		if (n == 0)
			return;
		if (!f->exchange && f->deadline_kind != DEADLINE_HEADER)
			loop_deadline(f, DEADLINE_HEADER);
		if (!join_http(f)) {
			front_kill(f);
			return;
		}
		if (!pass_up(f, f->loop->scratch, (size_t)n))
			return;
	}
}

void front_pump(struct front *f)
{
	pump_down(f);
	if (f->state == FRONT_OPEN)
		pump_up(f);
}

void front_set_events(struct front *f)
{
	uint32_t net = EPOLLERR, pair = 0;

	if (f->state == FRONT_HANDSHAKE) {
		net |= f->want_write ? EPOLLOUT : EPOLLIN;
	} else {
		if (f->up.n == 0 && !f->net_eof && !f->pair_broken)
			net |= EPOLLIN;
		if (f->down.n > 0 || f->want_write)
			net |= EPOLLOUT;
		if (f->down.n == 0 && !f->pair_eof)
			pair |= EPOLLIN;
		if (f->up.n > 0)
			pair |= EPOLLOUT;
	}
	loop_watch(f->loop, f->net_fd, &f->net, net);
	/* Its hang-up would be told without end while the client is slow: not watched then. */
	if (f->pair_fd >= 0)
		loop_watch(f->loop, f->pair_fd, &f->pair, pair);
}
