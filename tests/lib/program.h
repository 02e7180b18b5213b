/* tests/lib/program.h: run the programs that were built beside the test, by name. */
#ifndef SIGNET_TESTS_PROGRAM_H
#define SIGNET_TESTS_PROGRAM_H

#include <stddef.h>
#include <sys/types.h>

/* SIGNET_BIN, or the folder that the running test stands in. */
const char *program_directory(void);

/* Start one of ours ("signetd"), or one found by PATH; output is appended to `log` (NULL:
 * inherited). Ended by NULL. */
pid_t program_start(const char *log, const char *name, ...) __attribute__((sentinel));
/* Exit code; 128 + signal when it was killed. */
int program_wait(pid_t pid);
/* start + wait; ends the test program with the log when the code is not 0. */
void program_must(const char *log, const char *name, ...) __attribute__((sentinel));

#endif
