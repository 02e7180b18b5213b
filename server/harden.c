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

static struct status raise_descriptors(int64_t connections, struct err *err)
{
	rlim_t want = (rlim_t)(connections * DESCRIPTORS_PER_CONNECTION + DESCRIPTORS_BESIDE);
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return err_errno(err, ERR_INTERNAL, "RLIMIT_NOFILE cannot be read");
	if (limit.rlim_cur >= want)
		return STATUS_OK;
	/* Root may raise the hard limit too. */
	limit.rlim_cur = want;
	if (limit.rlim_max < want) {
		struct rlimit higher = {want, want};

		if (setrlimit(RLIMIT_NOFILE, &higher) == 0)
			return STATUS_OK;
		return err_set(err, ERR_CONFIG,
		    "limits.connections %lld needs %llu open files, %llu are allowed (LimitNOFILE= in "
		    "the unit)",
		    (long long)connections, (unsigned long long)want,
		    (unsigned long long)limit.rlim_max);
	}
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		return err_errno(err, ERR_INTERNAL, "RLIMIT_NOFILE cannot be raised");
	return STATUS_OK;
}

struct status harden_process(int64_t connections, struct err *err)
{
	TRY(raise_descriptors(connections, err));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_errno(err, ERR_INTERNAL, "PR_SET_NO_NEW_PRIVS is refused");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
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
