#include "tests/unit/device/cli_run.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"
#include "clients/device/cli.h"

void outcome_auto(struct outcome *o)
{
	free(o->out);
	free(o->err);
}

struct outcome cli_run(const char *const *arguments)
{
	struct outcome o = {0};
	char *argv[32] = {(char[]){"signet-device"}};
	int argc = 1;
	size_t n;
	FILE *out = open_memstream(&o.out, &n), *err = open_memstream(&o.err, &n);

	for (; *arguments; arguments++)
		argv[argc++] = mem_strdup(*arguments);
	o.code = device_cli(argc, argv, out, err);
	fclose(out);
	fclose(err);
	while (argc > 1)
		free(argv[--argc]);
	return o;
}
