/*
 * server/front.c: the life of a connection: handshake, open, linger, dead.
 *
 *   HANDSHAKE --done--> OPEN --libmicrohttpd closes, or we end it--> LINGER --client goes--> DEAD
 *
 * A front lives until both sides are done with it: its own (state DEAD) and libmicrohttpd's
 * (between NOTIFY_STARTED and NOTIFY_CLOSED, which for a suspended request may be much later).
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>
#include <unistd.h>

#include "server/core_internal.h"

static void address_text(
    const struct sockaddr_storage *address, socklen_t n, char *text, size_t size)
{
	if (getnameinfo((const struct sockaddr *)address, n, text, (socklen_t)size, NULL, 0,
		NI_NUMERICHOST) != 0)
		text[0] = '\0';
	/* An IPv4 client of a dual-stack socket is known by its IPv4 address. */
	if (strncmp(text, "::ffff:", 7) == 0 && strchr(text, '.'))
		memmove(text, text + 7, strlen(text + 7) + 1);
}

static struct front *front_new(struct loop *l, const struct core_listener *from,
    const struct sockaddr_storage *address, socklen_t n)
{
	struct front *f = mem_alloc(sizeof(*f));

	f->loop = l;
	f->listener = from->kind;
	f->net_fd = f->pair_fd = f->http_fd = -1;
	f->net = (struct watch){WATCH_NET, f, 0};
	f->pair = (struct watch){WATCH_PAIR, f, 0};
	f->address = *address;
	f->address_n = n;
	address_text(address, n, f->peer.address, sizeof(f->peer.address));
	l->fronts++;
	atomic_fetch_add(&l->core->connections, 1);
	metric_add(l->core->config.api->metrics, METRIC_CONNECTIONS_OPEN, 1);
	return f;
}

static void forget_fd(struct front *f)
{
	struct loop *l = f->loop;

	if (f->http_fd >= 0 && (size_t)f->http_fd < l->by_fd_size && l->by_fd[f->http_fd] == f) {
		l->by_fd[f->http_fd] = NULL;
		if (!f->ssl)
			loop_watch(l, f->http_fd, &f->net, 0);
	}
	f->http_fd = -1;
}

void front_free(struct front *f)
{
	struct loop *l = f->loop;

	forget_fd(f);
	loop_deadline(f, DEADLINE_NONE);
	tls_forget_peer(&f->peer);
	SSL_free(f->ssl);
	front_net_forget(f);
	free(f->up.p);
	free(f->down.p);
	l->fronts--;
	atomic_fetch_sub(&l->core->connections, 1);
	metric_add(l->core->config.api->metrics, METRIC_CONNECTIONS_OPEN, -1);
	free(f);
}

/* Both sides done: freed at the end of the turn, since events of this turn may still name it. */
static void bury_if_done(struct front *f)
{
	if (f->state != FRONT_DEAD || f->http_holds || f->queued_again || f->buried)
		return;
	f->buried = true;
	/* libmicrohttpd 1.0 may tell of the start only now: it must not find this front. */
	forget_fd(f);
	f->next = f->loop->dead;
	f->loop->dead = f;
}

void front_again(struct front *f)
{
	if (f->queued_again || f->buried)
		return;
	f->queued_again = true;
	f->next = f->loop->again;
	f->loop->again = f;
}

/*
 * Closing alone takes a descriptor out of epoll only if nobody else has it: a process that forks
 * (none of ours does while it serves, but tests do) would leave a watch behind on what is freed.
 */
static void close_fd(struct loop *l, int *fd, struct watch *w)
{
	if (*fd < 0)
		return;
	loop_watch(l, *fd, w, 0);
	close(*fd);
	*fd = -1;
}

void front_kill(struct front *f)
{
	/* Clear text: libmicrohttpd has the socket, and learns by its end. */
	if (!f->ssl && f->http_holds)
		shutdown(f->http_fd, SHUT_RDWR);
	f->loop->http_due = true;
	close_fd(f->loop, &f->net_fd, &f->net);
	close_fd(f->loop, &f->pair_fd, &f->pair);
	loop_deadline(f, DEADLINE_NONE);
	f->state = FRONT_DEAD;
	bury_if_done(f);
}

/* Read and drop what still comes: closing over unread bytes would reset what we said last. */
static void linger_read(struct front *f)
{
	struct loop *l = f->loop;

	for (;;) {
		ssize_t n = recv(f->net_fd, l->scratch, sizeof(l->scratch), 0);

		if (n < 0 && errno == EAGAIN)
			return;
		f->lingered += n > 0 ? (size_t)n : 0;
		if (n <= 0 || f->lingered > LIMIT_LINGER_BYTES) {
			front_kill(f);
			return;
		}
	}
}

static void linger(struct front *f)
{
	close_fd(f->loop, &f->pair_fd, &f->pair);
	if (f->net_eof || shutdown(f->net_fd, SHUT_WR) != 0) {
		front_kill(f);
		return;
	}
	f->state = FRONT_LINGER;
	loop_deadline(f, DEADLINE_LINGER);
	loop_watch(f->loop, f->net_fd, &f->net, EPOLLIN);
}

/* It goes if it can; libest reads until it comes. */
static void close_notify(struct front *f)
{
	if (!f->ssl || f->state != FRONT_OPEN)
		return;
	ERR_clear_error();
	f->ending = true;
	SSL_shutdown(f->ssl);
	ERR_clear_error();
}

void front_end_gently(struct front *f)
{
	if (!f->ssl || f->state == FRONT_DEAD) {
		front_kill(f);
		return;
	}
	close_notify(f);
	if (f->state != FRONT_LINGER)
		linger(f);
}

void front_evict(struct front *f)
{
	close_notify(f);
	front_kill(f);
}

/* ---- handshake ---- */

static void handshake(struct front *f)
{
	struct metrics *metrics = f->loop->core->config.api->metrics;
	int done, why;

	ERR_clear_error();
	done = SSL_accept(f->ssl);
	if (done == 1) {
		metric_add(metrics, METRIC_HANDSHAKES_DONE, 1);
		f->state = FRONT_OPEN;
		f->want_write = false;
		loop_deadline(f, DEADLINE_IDLE);
		front_pump(f);
		if (f->deadline_kind == DEADLINE_IDLE)
			front_rest(f); /* it has not asked yet */
		return;
	}
	why = SSL_get_error(f->ssl, done);
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
		f->want_write = why == SSL_ERROR_WANT_WRITE;
		front_set_events(f);
		return;
	}
	ERR_clear_error();
	metric_add(metrics, METRIC_HANDSHAKES_FAILED, 1);
	linger(f);
}

/* ---- events ---- */

/* Bytes on their way to libmicrohttpd that it has not read. */
static bool lies_unread(const struct front *f)
{
	int unread = 0;

	if (f->ssl)
		return ioctl(f->pair_fd, SIOCOUTQ, &unread) == 0 && unread > 0;
	return ioctl(f->http_fd, SIOCINQ, &unread) == 0 && unread > 0;
}

/*
 * A half-close must not reach libmicrohttpd while a request that it has read in full is open, nor
 * while bytes lie unread: it would drop the answers. In clear text it can see the end itself, but
 * overlooks it when it comes together with the last bytes: shutting down tells it once more.
 */
static void pass_eof(struct front *f)
{
	int fd = f->ssl ? f->pair_fd : f->http_holds ? f->http_fd : -1;

	if (!f->net_eof || f->eof_passed || fd < 0 || f->up.n > 0)
		return;
	if (f->exchange && f->exchange->complete)
		return;
	f->loop->http_due = true;
	if (lies_unread(f)) {
		front_again(f);
		return;
	}
	f->eof_passed = true;
	shutdown(fd, f->ssl ? SHUT_WR : SHUT_RD);
}

static void settle(struct front *f)
{
	if (f->state != FRONT_OPEN)
		return;
	if (!f->ssl) {
		pass_eof(f);
		return;
	}
	if (f->pair_eof && f->down.n == 0) {
		front_end_gently(f);
		return;
	}
	if (f->net_eof && f->pair_fd < 0) {
		front_end_gently(f); /* it went without asking anything */
		return;
	}
	pass_eof(f);
	front_set_events(f);
}

void front_look(struct front *f)
{
	if (f->state == FRONT_DEAD) {
		bury_if_done(f);
		return;
	}
	if (f->state == FRONT_OPEN && f->ssl) {
		/* The answer may lie there, and its event be yet to come. */
		if (!f->exchange && f->deadline_kind == DEADLINE_WRITE)
			f->pair_ready = true;
		front_pump(f);
	}
	settle(f);
}

void front_event(struct front *f, enum watch_kind kind, uint32_t events)
{
	if (f->state == FRONT_DEAD)
		return;
	if (f->state == FRONT_LINGER) {
		linger_read(f);
		return;
	}
	if (!f->ssl) {
		f->net_eof = true;
		front_again(f); /* libmicrohttpd first */
		return;
	}
	/* Reset, or both directions ended: nobody is there to read an answer. */
	if (kind == WATCH_NET && (events & (EPOLLERR | EPOLLHUP))) {
		front_kill(f);
		return;
	}
	if (kind == WATCH_PAIR && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)))
		f->pair_ready = true;
	if (f->state == FRONT_HANDSHAKE)
		handshake(f);
	else
		front_pump(f);
	settle(f);
}

/* ---- beginning ---- */

static void accept_clear(struct front *f, int fd)
{
	f->state = FRONT_OPEN;
	loop_deadline(f, DEADLINE_IDLE);
	if (http_add(f, fd))
		loop_watch(f->loop, fd, &f->net, EPOLLRDHUP | EPOLLET);
	else
		front_kill(f);
}

static void no_delay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void front_accept(struct loop *l, const struct core_listener *from, int fd,
    const struct sockaddr_storage *address, socklen_t n)
{
	struct front *f = front_new(l, from, address, n);

	if (!from->tls) {
		accept_clear(f, fd);
		return;
	}
	f->net_fd = fd;
	f->ssl = tls_set_start(l->core->config.tls, from->kind);
	if (!f->ssl || !front_net_join(f)) {
		front_kill(f);
		return;
	}
	no_delay(fd);
	loop_deadline(f, DEADLINE_HANDSHAKE);
	handshake(f);
	settle(f); /* a client may be so quick that the handshake is over already */
}

/*
 * Has the client taken any of the answer since the last look? Asked of TCP: room in the socket
 * is told only when a third of it is free, which a slow link may take minutes to make.
 */
static bool moves(struct front *f)
{
	struct tcp_info info = {0};
	socklen_t n = sizeof(info);
	int fd = f->ssl ? f->net_fd : f->http_holds ? f->http_fd : -1;

	if (fd < 0 || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) != 0 ||
	    info.tcpi_bytes_acked == f->acked)
		return false;
	f->acked = info.tcpi_bytes_acked;
	return true;
}

void front_expire(struct front *f)
{
	enum deadline kind = f->deadline_kind;

	loop_deadline(f, DEADLINE_NONE);
	if (kind == DEADLINE_WRITE && moves(f))
		loop_deadline(f, DEADLINE_WRITE);
	else if (kind == DEADLINE_IDLE || kind == DEADLINE_HEADER)
		front_end_gently(f);
	else
		front_kill(f);
}

void front_http_closed(struct front *f)
{
	int kept = f->net_fd;

	f->http_holds = false;
	forget_fd(f);
	if (f->ssl) {
		bury_if_done(f);
		return;
	}
	/* Clear text: a copy of the socket was kept where the client may still be sending. */
	if (kept >= 0 && f->state == FRONT_OPEN) {
		linger(f);
		return;
	}
	front_kill(f);
}
