/* tests/lib/files.c: see files.h. */
#include "tests/lib/files.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"

#define FILE_MAX ((size_t)1 << 30)

/* A request, and what it is answered with. */
struct exchange {
	char head[8192];
	char path[1024];
	struct buf file; /* owned content; n 0 with `body` */
	struct span content;
	char etag[80];
	size_t from, to; /* octets from <= i < to */
	bool partial;
};

static bool read_head(int fd, struct exchange *x)
{
	size_t n = 0;

	while (n + 1 < sizeof(x->head) && !strstr(x->head, "\r\n\r\n")) {
		ssize_t part = read(fd, x->head + n, 1);

		if (part <= 0)
			return false;
		n += (size_t)part;
	}
	return sscanf(x->head, "GET %1023s HTTP/1.1", x->path) == 1;
}

static void send_all(int fd, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	while (n) {
		ssize_t part = send(fd, p, n, MSG_NOSIGNAL);

		if (part <= 0)
			return;
		p += part;
		n -= (size_t)part;
	}
}

static void send_simple(int fd, int status, const char *more)
{
	char text[2300];
	int n = snprintf(text, sizeof(text),
	    "HTTP/1.1 %d X\r\n%sContent-Length: 4\r\nConnection: close\r\n\r\nno!\n", status, more);

	send_all(fd, text, (size_t)n);
}

static bool find(const struct files *f, struct exchange *x)
{
	AUTO(buf) path = {0};
	struct err err = {0};
	struct digest d;

	x->content = f->body;
	if (f->directory) {
		if (strstr(x->path, "..") || x->path[0] != '/')
			return false;
		buf_printf(&path, "%s%s", f->directory, x->path);
		if (!file_read(buf_cstr(&path), FILE_MAX, &x->file, &err).ok)
			return false;
		x->content = buf_span(&x->file);
	}
	d = sha256(x->content);
	if (f->etag)
		snprintf(x->etag, sizeof(x->etag), "%s", f->etag);
	else
		snprintf(x->etag, sizeof(x->etag), "%s\"%02x%02x%02x%02x-%zu\"",
		    f->weak_etag ? "W/" : "", d.bytes[0], d.bytes[1], d.bytes[2], d.bytes[3],
		    x->content.n);
	return true;
}

/* RFC 9110 section 14.2, of the form bytes=N-; false: 416. */
static bool find_range(const struct files *f, struct exchange *x)
{
	const char *range = strcasestr(x->head, "\r\nRange: bytes=");
	const char *condition = strcasestr(x->head, "\r\nIf-Range: ");
	size_t n = strlen(x->etag);

	x->to = x->content.n;
	if (!range || f->no_ranges)
		return true;
	if (condition && (strncmp(condition + 12, x->etag, n) != 0 || condition[12 + n] != '\r' ||
			     strncmp(x->etag, "W/", 2) == 0))
		return true;
	x->from = (size_t)strtoull(range + 15, NULL, 10);
	if (x->from >= x->to)
		return false;
	x->partial = true;
	return true;
}

static void put_head(const struct files *f, const struct exchange *x, struct buf *out)
{
	size_t from = x->from + (f->wrong_range ? 1 : 0);

	buf_printf(out, "HTTP/1.1 %d OK\r\nContent-Type: application/octet-stream\r\n",
	    x->partial ? 206 : 200);
	if (!f->no_etag)
		buf_printf(out, "ETag: %s\r\n", x->etag);
	if (x->partial)
		buf_printf(
		    out, "Content-Range: bytes %zu-%zu/%zu\r\n", from, x->to - 1, x->content.n);
	if (f->chunked)
		buf_put_str(out, "Transfer-Encoding: chunked\r\n");
	else
		buf_printf(out, "Content-Length: %zu\r\n", x->to - x->from + f->more);
	buf_put_str(out, "Connection: close\r\n\r\n");
}

static void send_body(struct files *f, int fd, const struct exchange *x)
{
	static const uint8_t more[4096];
	size_t n = x->to - x->from, left = f->more;
	char size[32];

	if (f->cut_after && f->cuts > 0 && n > f->cut_after) {
		f->cuts--;
		n = f->cut_after;
		left = 0;
	}
	f->octets += n;
	if (f->chunked)
		send_all(fd, size, (size_t)snprintf(size, sizeof(size), "%zx\r\n", n + left));
	send_all(fd, x->content.p + x->from, n);
	while (left) {
		size_t part = left < sizeof(more) ? left : sizeof(more);

		send_all(fd, more, part);
		left -= part;
	}
	if (f->chunked && n == x->to - x->from)
		send_all(fd, "\r\n0\r\n\r\n", 7);
}

static void answer(struct files *f, int fd, struct exchange *x)
{
	AUTO(buf) head = {0};
	char more[2200] = "";

	f->requests++;
	if (f->fail > 0) {
		f->fail--;
		send_simple(fd, f->status, "");
		return;
	}
	if (f->redirect) {
		snprintf(more, sizeof(more), "Location: %s\r\n", f->redirect);
		send_simple(fd, 302, more);
		return;
	}
	if (!find(f, x)) {
		send_simple(fd, 404, "");
		return;
	}
	if (!find_range(f, x)) {
		send_simple(fd, 416, "");
		return;
	}
	f->ranges += x->partial ? 1 : 0;
	put_head(f, x, &head);
	send_all(fd, head.p, head.n);
	send_body(f, fd, x);
}

static void *run(void *context)
{
	struct files *f = context;
	struct timeval limit = {10, 0};
	int fd;

	while ((fd = accept(f->listen_fd, NULL, NULL)) >= 0) {
		struct exchange *x = mem_alloc(sizeof(*x));

		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		if (read_head(fd, x))
			answer(f, fd, x);
		shutdown(fd, SHUT_WR);
		while (read(fd, x->head, sizeof(x->head)) > 0)
			;
		close(fd);
		buf_free(&x->file);
		free(x);
	}
	return NULL;
}

void files_start(struct files *f, int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)port)};
	socklen_t n = sizeof(a);
	const int one = 1;

	signal(SIGPIPE, SIG_IGN);
	f->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(f->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(f->listen_fd, (struct sockaddr *)&a, n) != 0 || listen(f->listen_fd, 16) != 0 ||
	    getsockname(f->listen_fd, (struct sockaddr *)&a, &n) != 0 ||
	    pthread_create(&f->thread, NULL, run, f) != 0) {
		perror("tests/lib/files");
		exit(99);
	}
	snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%d", ntohs(a.sin_port));
}

void files_stop(struct files *f)
{
	shutdown(f->listen_fd, SHUT_RDWR);
	pthread_join(f->thread, NULL);
	close(f->listen_fd);
}
