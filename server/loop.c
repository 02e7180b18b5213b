#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "server/core_internal.h"

#define EVENTS_MAX 256
/* Connections taken in one turn: few, so that the other loops get theirs. */
#define ACCEPTS_MAX 8
/* Two round trips of a bad mobile link. */
#define STALL_MS 2000
/* A turn never sleeps longer: bounds the harm of a wake-up that got lost. */
#define SLEEP_MAX_MS 1000

/* ---- deadlines ---- */

static void deadline_unlink(struct front *f)
{
	struct deadline_list *list = &f->loop->deadlines[f->deadline_kind];

	if (f->deadline_kind == DEADLINE_NONE)
		return;
	*(f->deadline_prev ? &f->deadline_prev->deadline_next : &list->first) = f->deadline_next;
	*(f->deadline_next ? &f->deadline_next->deadline_prev : &list->last) = f->deadline_prev;
	f->deadline_next = f->deadline_prev = NULL;
	f->deadline_kind = DEADLINE_NONE;
}

void loop_deadline(struct front *f, enum deadline kind)
{
	struct deadline_list *list = &f->loop->deadlines[kind];

	deadline_unlink(f);
	if (kind == DEADLINE_NONE)
		return;
	f->deadline_kind = kind;
	f->deadline = f->loop->now_ms + list->length_ms;
	f->deadline_prev = list->last;
	*(list->last ? &list->last->deadline_next : &list->first) = f;
	list->last = f;
}

static void expire(struct loop *l)
{
	for (int kind = DEADLINE_NONE + 1; kind < DEADLINE_COUNT; kind++) {
		struct front *f;

		while ((f = l->deadlines[kind].first) && f->deadline <= l->now_ms) {
			front_expire(f);
		}
	}
}

static int64_t next_deadline(const struct loop *l)
{
	int64_t wait = SLEEP_MAX_MS;

	for (int kind = DEADLINE_NONE + 1; kind < DEADLINE_COUNT; kind++) {
		const struct front *f = l->deadlines[kind].first;

		if (f && f->deadline - l->now_ms < wait)
			wait = f->deadline - l->now_ms;
	}
	return wait < 0 ? 0 : wait;
}

/* ---- epoll ---- */

void loop_watch(struct loop *l, int fd, struct watch *w, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.ptr = w};
	int op = !w->events ? EPOLL_CTL_ADD : events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;

	if (events != w->events && epoll_ctl(l->epoll_fd, op, fd, &e) == 0)
		w->events = events;
}

/*
 * Whoever has been idle for longest makes room for whoever wants something. Then whoever stalls: a
 * handshake or a header takes less than STALL_MS, or somebody is hoarding. Younger ones are left
 * alone, or a rush of honest clients would end each other's handshakes.
 */
static struct front *dispensable(struct loop *l)
{
	static const enum deadline kinds[] = {DEADLINE_LINGER, DEADLINE_HANDSHAKE, DEADLINE_HEADER};
	struct front *f = l->deadlines[DEADLINE_IDLE].first;

	for (size_t i = 0; !f && i < COUNT(kinds); i++) {
		const struct deadline_list *list = &l->deadlines[kinds[i]];

		if (list->first && l->now_ms >= list->first->deadline - list->length_ms + STALL_MS)
			f = list->first;
	}
	return f;
}

static bool full(struct loop *l)
{
	struct front *victim;

	if (atomic_load(&l->core->connections) < (size_t)l->core->config.limits.connections)
		return false;
	victim = dispensable(l);
	if (!victim)
		return true;
	front_evict(victim);
	return false;
}

static void accept_some(struct loop *l, const struct core_listener *from)
{
	struct metrics *metrics = l->core->config.api->metrics;

	for (int i = 0; i < ACCEPTS_MAX; i++) {
		struct sockaddr_storage address = {0};
		socklen_t n = sizeof(address);
		int fd = accept4(
		    from->fd, (struct sockaddr *)&address, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		if (full(l) ||
		    !limiter_take(l->core->limiter, (struct sockaddr *)&address, l->now_ms)) {
			metric_add(metrics, METRIC_CONNECTIONS_LIMITED, 1);
			close(fd);
			continue;
		}
		metric_add(metrics, METRIC_CONNECTIONS_ACCEPTED, 1);
		front_accept(l, from, fd, &address, n);
	}
}

static void take_completions(struct loop *l)
{
	http_finished(completions_take(l->completions));
}

static void rearm(struct loop *l)
{
	eventfd_t count;

	if (eventfd_read(l->wake_fd, &count) != 0 && errno != EAGAIN)
		abort(); /* the descriptor is ours alone */
}

void loop_wake(struct loop *l)
{
	if (eventfd_write(l->wake_fd, 1) != 0)
		abort(); /* cannot be: a counter of 64 bits that the loop keeps emptying */
}

static void dispatch(struct loop *l, const struct watch *w, uint32_t events)
{
	switch (w->kind) {
	case WATCH_LISTENER:
		if (!l->draining)
			accept_some(l, w->owner);
		break;
	case WATCH_WAKE: rearm(l); break;
	case WATCH_HTTP: l->http_due = true; break;
	case WATCH_NET:
	case WATCH_PAIR: front_event(w->owner, w->kind, events); break;
	}
}

/* ---- a turn ---- */

static void look_again(struct loop *l)
{
	struct front *f = l->again;

	l->again = NULL;
	while (f) {
		struct front *next = f->next;

		f->next = NULL;
		f->queued_again = false;
		front_look(f);
		f = next;
	}
}

static void bury(struct loop *l)
{
	struct front *f = l->dead;

	l->dead = NULL;
	while (f) {
		struct front *next = f->next;

		front_free(f);
		f = next;
	}
}

static int sleep_ms(struct loop *l)
{
	MHD_UNSIGNED_LONG_LONG http = 0;
	int64_t wait = next_deadline(l);

	if (l->again || l->http_due || l->dead || !completions_may_sleep(l->completions))
		return 0;
	if (MHD_get_timeout(l->daemon, &http) == MHD_YES && (int64_t)http < wait)
		wait = (int64_t)http;
	return (int)wait;
}

static void turn(struct loop *l)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(l->epoll_fd, events, EVENTS_MAX, sleep_ms(l));
	MHD_UNSIGNED_LONG_LONG http;

	l->now_ms = monotonic_ms();
	atomic_store(&l->turned_ms, l->now_ms);
	for (int i = 0; i < n; i++)
		dispatch(l, events[i].data.ptr, events[i].events);
	take_completions(l);
	look_again(l);
	if (l->http_due || n == 0 || (MHD_get_timeout(l->daemon, &http) == MHD_YES && http == 0)) {
		l->http_due = false;
		http_run(l);
	}
	expire(l);
	bury(l);
}

/* ---- stopping ---- */

static void end_idle(struct loop *l)
{
	struct front *f;

	while ((f = l->deadlines[DEADLINE_IDLE].first))
		front_end_gently(f);
	while ((f = l->deadlines[DEADLINE_HANDSHAKE].first))
		front_end_gently(f);
}

static void cut_off(struct loop *l)
{
	for (int kind = DEADLINE_NONE + 1; kind < DEADLINE_COUNT; kind++)
		while (l->deadlines[kind].first)
			front_kill(l->deadlines[kind].first);
}

static void drain(struct loop *l)
{
	if (!l->draining) {
		l->draining = true;
		for (size_t i = 0; i < l->core->config.listener_count; i++)
			epoll_ctl(
			    l->epoll_fd, EPOLL_CTL_DEL, l->core->config.listeners[i].fd, NULL);
	}
	end_idle(l);
	if (l->now_ms >= atomic_load(&l->core->drain_until))
		cut_off(l);
	bury(l);
}

void *loop_main(void *context)
{
	struct loop *l = context;

	l->now_ms = monotonic_ms();
	for (;;) {
		if (atomic_load(&l->core->stopping)) {
			drain(l);
			if (l->fronts == 0 && l->running_jobs == 0)
				return NULL;
		}
		turn(l);
	}
}

/* ---- making and ending ---- */

static void set_lengths(struct loop *l, const struct limits *limits)
{
	l->deadlines[DEADLINE_HANDSHAKE].length_ms = limits->handshake_seconds * 1000;
	l->deadlines[DEADLINE_IDLE].length_ms = limits->idle_seconds * 1000;
	l->deadlines[DEADLINE_HEADER].length_ms = limits->header_seconds * 1000;
	l->deadlines[DEADLINE_BODY].length_ms = limits->body_seconds * 1000;
	l->deadlines[DEADLINE_WRITE].length_ms = limits->write_seconds * 1000;
	l->deadlines[DEADLINE_LINGER].length_ms = LIMIT_LINGER_SECONDS * 1000;
}

static void watch_listeners(struct loop *l)
{
	for (size_t i = 0; i < l->core->config.listener_count; i++) {
		struct watch *w = &l->listeners[i];
		struct epoll_event e = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = w};

		/* EXCLUSIVE: a new connection wakes one loop, not all. */
		*w = (struct watch){WATCH_LISTENER, &l->core->config.listeners[i], 0};
		epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->core->config.listeners[i].fd, &e);
	}
}

struct status loop_new(struct core *core, struct loop **ret_loop, struct err *err)
{
	struct loop *l = mem_alloc(sizeof(*l));
	const union MHD_DaemonInfo *info;

	l->core = core;
	l->now_ms = monotonic_ms();
	atomic_init(&l->turned_ms, l->now_ms);
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	l->completions = completions_new(l->wake_fd);
	l->daemon = http_daemon(l);
	l->net_method = front_net_method();
	set_lengths(l, &core->config.limits);
	if (l->epoll_fd < 0 || l->wake_fd < 0 || !l->daemon || !l->net_method ||
	    !rng_fill(&core->config.api->rng, (uint8_t *)&l->id_state, sizeof(l->id_state), err)
		 .ok) {
		loop_free(l);
		return err_errno(err, ERR_INTERNAL, "no event loop to be had");
	}
	info = MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	l->wake = (struct watch){WATCH_WAKE, l, 0};
	l->http = (struct watch){WATCH_HTTP, l, 0};
	loop_watch(l, l->wake_fd, &l->wake, EPOLLIN);
	loop_watch(l, info->epoll_fd, &l->http, EPOLLIN);
	watch_listeners(l);
	*ret_loop = l;
	return STATUS_OK;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	if (l->daemon)
		MHD_stop_daemon(l->daemon);
	BIO_meth_free(l->net_method);
	completions_free(l->completions);
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	free(l->by_fd);
	free(l);
}
