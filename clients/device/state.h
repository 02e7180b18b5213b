/*
 * clients/device/state.h: the two records that a device keeps beside its identities.
 *
 * config.json is what it was told (where, as whom, whom to trust); it changes when the user says
 * so. state.json is where it stands (time, the attempt under way); it changes by itself.
 */
#ifndef SIGNET_DEVICE_STATE_H
#define SIGNET_DEVICE_STATE_H

#include "clients/device/store.h"

struct device_config {
	char *server;
	char *label;
	char *idevid_cert;
	char *idevid_key;
	char *pin;
	char *algorithm;
	bool no_clock;
};

enum pending_phase {
	PENDING_NONE,
	PENDING_ASKED,  /* the key is made; the server has not issued yet */
	PENDING_STAGED, /* the certificate is stored; it has not been used yet */
};

enum device_operation {
	OPERATION_ENROLL,
	OPERATION_RENEW,
};

struct device_state {
	int64_t time_floor;
	int64_t generation; /* that of the attempt under way */
	int phase;          /* enum pending_phase */
	int operation;      /* enum device_operation */
	int64_t since;
	int64_t retry_at; /* when the server wants to be asked again; 0: it named no time */
	/* When the server would like it renewed (hint.h), and which generation that is said of. */
	int64_t renew_at, renew_generation;
};

enum reset_phase {
	RESET_TELLING, /* begun; the server may have been told or not; nothing is erased */
	RESET_ERASING, /* told, or it must do without: from here there is no way back */
	RESET_UNTOLD,  /* erased; the server is still to be told */
};

/* reset.json: there as long as a factory reset is under way. Strings are the arena's. */
struct reset_record {
	int phase; /* enum reset_phase */
	bool told;
	char *data;   /* directory of the product's own data, emptied as well; NULL: none */
	char *server; /* whom to tell; NULL: nobody */
};

extern const char *const operation_names[]; /* by enum device_operation, ended by NULL */
extern const char *const phase_names[];

/* A record that is not there leaves the struct as it is. Strings are the arena's. WHY_STORE. */
struct status config_load(
    struct store *s, struct device_config *config, struct arena *arena, struct err *err);
struct status config_save(struct store *s, const struct device_config *config, struct err *err);
struct status state_load(struct store *s, struct device_state *state, struct err *err);
struct status state_save(struct store *s, const struct device_state *state, struct err *err);
/* ret_begun false: none is under way. */
struct status reset_record_load(struct store *s, struct reset_record *record, bool *ret_begun,
    struct arena *arena, struct err *err);
struct status reset_record_save(
    struct store *s, const struct reset_record *record, struct err *err);

#endif
