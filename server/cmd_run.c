#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/command.h"
#include "server/job.h"
#include "server/notify.h"
#include "server/server.h"

/* A loop turns at least once a second; one that has not for so long hangs. */
#define LOOP_HANG_MS 10000

static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	/* In every thread made from here on: only serve() takes them. */
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

static void reload(struct server *s)
{
	char state[96];

	/* systemd wants to know since when, in microseconds of the monotonic clock. */
	snprintf(
	    state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)monotonic_us());
	(void)notify(state);
	jobs_reload(s->jobs);
	LOG(&s->log, LOG_INFO, "reloaded", LOG_STR("by", "SIGHUP"));
	(void)notify("READY=1");
}

/* Until somebody asks it to stop. */
static int serve(struct server *s, const sigset_t *signals)
{
	int64_t watchdog = notify_watchdog_ms();
	int64_t wait = watchdog > 0 ? watchdog : 60000;
	struct timespec period = {(time_t)(wait / 1000), (long)(wait % 1000) * 1000000};

	for (;;) {
		int signal = sigtimedwait(signals, NULL, &period);

		if (signal == SIGHUP)
			reload(s);
		else if (signal == SIGTERM || signal == SIGINT)
			return signal;
		if (watchdog > 0 && core_turns(s->core, LOOP_HANG_MS))
			(void)notify("WATCHDOG=1");
	}
}

static struct status run(const struct config *config, struct err *err)
{
	static struct server server; /* large; there is one */
	struct server *s = &server;
	char state[160] = "ready";
	const char *how = state;
	sigset_t signals;
	int signal;

	block_signals(&signals);
	TRY(server_start(s, config, err));
	(void)server_ready(s, state, sizeof(state));
	LOG(&s->log, LOG_INFO, "started", LOG_STR("version", SIGNET_VERSION), LOG_STR("state", how),
	    LOG_INT("pid", getpid()));
	(void)notify("READY=1");
	signal = serve(s, &signals);
	LOG(&s->log, LOG_INFO, "stopping", LOG_STR("by", signal == SIGTERM ? "SIGTERM" : "SIGINT"),
	    LOG_INT("connections", core_connections(s->core)));
	(void)notify("STOPPING=1");
	server_stop(s);
	LOG(&s->log, LOG_INFO, "stopped", LOG_INT("pid", getpid()));
	return STATUS_OK;
}

int cmd_run(const struct invocation *v, int argc, char **argv)
{
	static const struct option options[] = {
	    {"ports-file", required_argument, NULL, 'p'},
	    {NULL, 0, NULL, 0},
	};
	struct config config = *v->config;
	struct err err = {0};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'p')
			return command_usage(v, NULL);
		config.ports_file = optarg;
	}
	if (optind < argc)
		return command_usage(v, "run takes no argument '%s'", argv[optind]);
	if (!run(&config, &err).ok)
		return command_failed(&err);
	return COMMAND_OK;
}
