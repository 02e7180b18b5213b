/*
 * tests/lib/files.h: a web server for files, on loopback, that knows ranges, and can misbehave.
 *
 * In a thread of its own, one connection and one request at a time. Settings are changed by the
 * test while nobody asks. tests/lib/fileserver makes a program of it.
 */
#ifndef SIGNET_TESTS_FILES_H
#define SIGNET_TESTS_FILES_H

#include <pthread.h>

#include "base/span.h"

struct files {
	const char *directory; /* what is below it is served; NULL: `body` for every path */
	struct span body;
	/* knobs */
	bool no_ranges; /* Range is not known */
	bool no_etag;   /* and so nothing can be gone on with */
	bool weak_etag;
	const char *etag; /* NULL: made of size and content */
	size_t cut_after; /* close the connection after so many octets of an answer; 0: never */
	int cuts;         /* so many answers are cut; then they are whole */
	size_t more;      /* so many octets more than there are */
	bool chunked;     /* say nothing of the length */
	bool wrong_range; /* answer another range than was asked for */
	int fail;         /* so many answers are `status` first */
	int status;
	const char *redirect; /* Location of a 302; NULL: none */

	/* records */
	int requests, ranges; /* how many; how many of them were answered with 206 */
	uint64_t octets;      /* sent, of bodies */
	char url[64];         /* "http://127.0.0.1:1234" */
	int listen_fd;
	pthread_t thread;
};

/* Listens; the struct is the caller's, with its first two members set. port 0: any. */
void files_start(struct files *f, int port);
void files_stop(struct files *f);

#endif
