/*
 * tests/lib/relay.h: a way to PostgreSQL that a test can cut: a process of its own between a Unix
 * socket and the real one.
 */
#ifndef SIGNET_TESTS_RELAY_H
#define SIGNET_TESTS_RELAY_H

#include <sys/types.h>

/* Listens in `directory` (made) for what is meant for the socket in `target`. */
pid_t relay_start(const char *directory, const char *target);
/* Nothing comes through, and nobody is told: packets that get lost. */
void relay_hang(pid_t relay);
void relay_go_on(pid_t relay);
/* Every connection breaks, new ones are refused. */
void relay_stop(pid_t relay);

#endif
