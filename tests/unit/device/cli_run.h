/* tests/unit/device/cli_run.h: signet-device, called in this process. */
#ifndef TEST_DEVICE_CLI_RUN_H
#define TEST_DEVICE_CLI_RUN_H

struct outcome {
	int code;
	char *out, *err;
};
void outcome_auto(struct outcome *o);

/* Arguments behind the program's name, ended by NULL. */
struct outcome cli_run(const char *const *arguments);

#define RUN(...) cli_run((const char *const[]){__VA_ARGS__, NULL})

#endif
