/* clients/device/state.c */
#include "clients/device/state.h"

#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "clients/device/reason.h"

static char dir[64];
static struct store *store;

static void setup(void)
{
	struct err err = {0};

	snprintf(dir, sizeof(dir), "/tmp/signet-device-state-XXXXXX");
	cr_assert(mkdtemp(dir));
	cr_assert(store_file_open(dir, &store, &err).ok, "%s", err.message);
}

static void teardown(void)
{
	char command[96];

	store_close(store);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert(system(command) == 0);
}

TestSuite(device_state, .init = setup, .fini = teardown);

Test(device_state, comes_back_as_it_was)
{
	struct device_state in = {.time_floor = 1795000000,
	    .generation = 7,
	    .phase = PENDING_STAGED,
	    .operation = OPERATION_RENEW,
	    .since = 1795000001,
	    .retry_at = 1795000060};
	struct device_state out = {0};
	struct err err = {0};

	cr_assert(state_save(store, &in, &err).ok, "%s", err.message);
	cr_assert(state_load(store, &out, &err).ok, "%s", err.message);
	cr_assert_eq(out.time_floor, in.time_floor);
	cr_assert_eq(out.generation, in.generation);
	cr_assert_eq(out.phase, in.phase);
	cr_assert_eq(out.operation, in.operation);
	cr_assert_eq(out.since, in.since);
	cr_assert_eq(out.retry_at, in.retry_at);
}

Test(device_state, config_comes_back_as_it_was)
{
	struct device_config in = {.server = (char[]){"https://h:8443"},
	    .idevid_cert = (char[]){"/a \"quoted\" path/c.pem"},
	    .no_clock = true};
	struct device_config out = {0};
	AUTO(arena) arena = {0};
	struct err err = {0};

	cr_assert(config_save(store, &in, &err).ok, "%s", err.message);
	cr_assert(config_load(store, &out, &arena, &err).ok, "%s", err.message);
	cr_assert_str_eq(out.server, in.server);
	cr_assert_str_eq(out.idevid_cert, in.idevid_cert);
	cr_assert_null(out.label);
	cr_assert(out.no_clock);
}

Test(device_state, nothing_stored_is_the_beginning)
{
	struct device_state out = {0};
	struct err err = {0};

	cr_assert(state_load(store, &out, &err).ok);
	cr_assert_eq(out.phase, PENDING_NONE);
}

Test(device_state, damaged_record_is_said_not_guessed)
{
	static const char *const damaged[] = {
	    "", "{\"phase\":\"sideways\"}", "{\"generation\":-1}", "[1]", "{\"unknown\":1}", "{"};

	for (size_t i = 0; i < COUNT(damaged); i++) {
		struct device_state out = {0};
		struct err err = {0};

		cr_assert(store->ops->save(store, STORE_STATE, span_str(damaged[i]), &err).ok);
		cr_assert_not(state_load(store, &out, &err).ok, "%s", damaged[i]);
		cr_assert(device_reason_is(&err, WHY_STORE), "%s", damaged[i]);
	}
}
