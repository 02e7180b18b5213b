#include "server/harden.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* A TLS connection has its socket and both ends of a pair; the rest: loops, database, log, files.
 */
#define DESCRIPTORS_PER_CONNECTION 3
#define DESCRIPTORS_BESIDE         512

#define CONNECTIONS_LEAST 10

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#else
#define SANITIZED false
#endif

struct status harden_descriptors(int64_t connections, int64_t *ret_connections, struct err *err)
{
	rlim_t want = (rlim_t)(connections * DESCRIPTORS_PER_CONNECTION + DESCRIPTORS_BESIDE);
	struct rlimit limit, higher = {want, want};

	/* Root may raise the hard limit too. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < want)
		(void)setrlimit(RLIMIT_NOFILE, &higher);
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return err_errno(err, ERR_INTERNAL, "RLIMIT_NOFILE cannot be read");
	if (limit.rlim_cur < want) {
		limit.rlim_cur = limit.rlim_max < want ? limit.rlim_max : want;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			return err_errno(err, ERR_INTERNAL, "RLIMIT_NOFILE cannot be raised");
	}
	if (limit.rlim_cur < DESCRIPTORS_BESIDE + CONNECTIONS_LEAST * DESCRIPTORS_PER_CONNECTION)
		return err_set(err, ERR_CONFIG, "only %llu open files are allowed (LimitNOFILE=)",
		    (unsigned long long)limit.rlim_cur);
	*ret_connections = limit.rlim_cur >= want ? connections
						  : (int64_t)(limit.rlim_cur - DESCRIPTORS_BESIDE) /
							DESCRIPTORS_PER_CONNECTION;
	return STATUS_OK;
}

struct status harden_process(struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_errno(err, ERR_INTERNAL, "PR_SET_NO_NEW_PRIVS is refused");
	/* LeakSanitizer looks at the process as a debugger does. */
	if (!SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return err_errno(err, ERR_INTERNAL, "PR_SET_DUMPABLE is refused");
	return STATUS_OK;
}

struct status harden_user(const char *user, struct err *err)
{
	const struct passwd *entry;

	if (!user || geteuid() != 0)
		return STATUS_OK;
	errno = 0;
	entry = getpwnam(user);
	if (!entry)
		return err_set(err, ERR_CONFIG, "user '%s' is not known on this machine", user);
	if (initgroups(entry->pw_name, entry->pw_gid) != 0 || setgid(entry->pw_gid) != 0 ||
	    setuid(entry->pw_uid) != 0)
		return err_errno(err, ERR_CONFIG, "cannot become user '%s'", user);
	if (entry->pw_uid != 0 && setuid(0) == 0)
		return err_set(err, ERR_INTERNAL, "privileges came back after they were dropped");
	return STATUS_OK;
}

struct status harden_access(
    const char *user, const struct harden_need *needs, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct harden_need *need = &needs[i];

		if (!need->path || access(need->path, need->access) == 0 || errno != EACCES)
			continue;
		return err_errno(err, ERR_CONFIG,
		    "%s %s: user '%s' may not %s it; chown it to that user, and let it pass the "
		    "directories above",
		    need->what, need->path, user, need->access & W_OK ? "write" : "read");
	}
	return STATUS_OK;
}
