/*
 * tests/lib/clock/shift.c: a system clock that a test sets, for one server: preloaded into it.
 *
 * SIGNET_TEST_CLOCK names a file of one int64_t: seconds that the time of day is off by. It is
 * mapped, so that it can be changed while the server runs. Clocks that only rise are not touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shift;

__attribute__((constructor)) static void shift_find(void)
{
	const char *path = getenv("SIGNET_TEST_CLOCK");
	const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map = fd >= 0 ? mmap(NULL, sizeof(*shift), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

	if (map == MAP_FAILED)
		abort(); /* a test that would show nothing */
	shift = map;
	close(fd);
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	const int done = (int)syscall(SYS_clock_gettime, id, ret);

	if (done == 0 && shift && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		ret->tv_sec += *shift;
	return done;
}

time_t time(time_t *ret)
{
	struct timespec t = {0};

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (ret)
		*ret = t.tv_sec;
	return t.tv_sec;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec t = {0};

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	*ret = (struct timeval){t.tv_sec, t.tv_nsec / 1000};
	return 0;
}
