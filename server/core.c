#include "server/core.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/core_internal.h"

static struct core *core_new(const struct core_config *config, struct err *err)
{
	struct core *core = mem_alloc(sizeof(*core));
	uint64_t seed;

	core->config = *config;
	if (!rng_fill(&config->api->rng, (uint8_t *)&seed, sizeof(seed), err).ok) {
		free(core);
		return NULL;
	}
	core->queue = queue_new(config->queue_length);
	core->limiter =
	    limiter_new(config->limits.handshake_rate, config->limits.handshake_burst, seed);
	/* A loop takes a share before it asks for a place in the queue. */
	core->shares = shares_new(config->limits.requests_per_address,
	    config->queue_length + (size_t)config->workers + (size_t)config->loops, seed);
	core->loops = mem_array((size_t)config->loops, sizeof(*core->loops));
	core->workers = mem_array((size_t)config->workers, sizeof(*core->workers));
	return core;
}

/* For top and perf. */
static void name_thread(pthread_t thread, const char *what, int number)
{
	char name[32];

	snprintf(name, sizeof(name), "%s-%d", what, number);
	name[15] = 0; /* the kernel's bound */
	pthread_setname_np(thread, name);
}

static struct status start_threads(struct core *core, struct err *err)
{
	for (int i = 0; i < core->config.loops; i++)
		TRY(loop_new(core, &core->loops[i], err));
	for (int i = 0; i < core->config.workers; i++) {
		if (pthread_create(&core->workers[i], NULL, worker_main, core) != 0)
			return err_set(err, ERR_INTERNAL, "no thread for worker %d", i);
		name_thread(core->workers[i], "worker", i);
		core->worker_count++;
	}
	for (int i = 0; i < core->config.loops; i++) {
		struct loop *l = core->loops[i];

		if (pthread_create(&l->thread, NULL, loop_main, l) != 0)
			return err_set(err, ERR_INTERNAL, "no thread for loop %d", i);
		name_thread(l->thread, "loop", i);
		l->running = true;
	}
	return STATUS_OK;
}

/* Loops first: they end when all that workers have in hand has come back. */
static void end(struct core *core)
{
	for (int i = 0; i < core->config.loops; i++)
		if (core->loops[i] && core->loops[i]->running)
			pthread_join(core->loops[i]->thread, NULL);
	queue_close(core->queue);
	for (int i = 0; i < core->worker_count; i++)
		pthread_join(core->workers[i], NULL);
	for (int i = 0; i < core->config.loops; i++)
		loop_free(core->loops[i]);
	limiter_free(core->limiter);
	shares_free(core->shares);
	queue_free(core->queue);
	free(core->loops);
	free(core->workers);
	free(core);
}

static void ask_to_stop(struct core *core, int64_t drain_ms)
{
	atomic_store(&core->drain_until, monotonic_ms() + drain_ms);
	atomic_store(&core->stopping, true);
	for (int i = 0; i < core->config.loops; i++)
		if (core->loops[i])
			loop_wake(core->loops[i]);
}

struct status core_start(const struct core_config *config, struct core **ret_core, struct err *err)
{
	struct core *core;
	struct status started;

	if (config->loops < 1 || config->workers < 1 || config->queue_length < 1)
		return err_set(err, ERR_CONFIG, "at least one loop, one worker and a queue of one");
	/* A client that goes away is an error of one write, not of the process. */
	signal(SIGPIPE, SIG_IGN);
	core = core_new(config, err);
	if (!core)
		return STATUS_FAILED;
	started = start_threads(core, err);
	if (!started.ok) {
		ask_to_stop(core, 0);
		end(core);
		return started;
	}
	*ret_core = core;
	return STATUS_OK;
}

void core_stop(struct core *core, int64_t drain_ms)
{
	for (size_t i = 0; i < core->config.listener_count; i++)
		shutdown(core->config.listeners[i].fd, SHUT_RD);
	ask_to_stop(core, drain_ms);
	end(core);
}

size_t core_connections(struct core *core)
{
	return atomic_load(&core->connections);
}

bool core_turns(struct core *core, int64_t within_ms)
{
	int64_t now = monotonic_ms();

	for (int i = 0; i < core->config.loops; i++)
		if (now - atomic_load(&core->loops[i]->turned_ms) > within_ms)
			return false;
	return true;
}
