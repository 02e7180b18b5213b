/*
 * clients/device/update_records.h: what is kept beside slots and state, and what the server says.
 */
#ifndef SIGNET_DEVICE_UPDATE_RECORDS_H
#define SIGNET_DEVICE_UPDATE_RECORDS_H

#include "clients/device/update_internal.h"

/* ---- update_config.c ---- */

struct status update_config_load(struct signet_update *u, struct err *err);
struct status update_config_save(
    struct signet_update *u, const struct update_config *config, struct err *err);
/* Fill u->boot from the configuration. */
struct status update_config_apply(struct signet_update *u, struct err *err);

/* offer.json: what the server said. */
struct update_offer {
	char *etag;
	int64_t sequence; /* 0: nothing is published */
	char *version, *bundle_digest;
	int64_t bundle_size;
	int64_t trust_version, recall_number;
};
/*
 * Of the server's JSON; members that are not known are passed over. Strings are the arena's.
 * WHY_UPDATE_OFFER, WHY_UPDATE_OTHER.
 */
struct status update_offer_read(const struct update_config *config, struct span json,
    struct arena *arena, struct update_offer *ret_offer, struct err *err);
/* Fails where there is none that can be read: then nothing is known. */
struct status update_offer_load(
    struct signet_update *u, struct update_offer *ret_offer, struct arena *arena);
struct status update_offer_save(
    struct signet_update *u, const struct update_offer *offer, struct err *err);

/* slot-x/incoming: which release is on its way into a slot. */
struct update_incoming {
	char *manifest;        /* digest, hex */
	struct str_list etags; /* by component; "": none */
};
struct status update_incoming_load(struct signet_update *u, unsigned slot,
    struct update_incoming *ret_incoming, struct arena *arena);
struct status update_incoming_save(struct signet_update *u, unsigned slot,
    const struct update_incoming *incoming, struct err *err);

/* ---- update_check.c: the server ---- */

/* Ask, and take up what is newer. */
struct status update_ask(struct signet_update *u, struct signet_device *d,
    struct update_offer *ret_offer, struct err *err);
/* The bundle that was offered. */
struct status update_fetch_bundle(struct signet_update *u, struct signet_device *d,
    const struct update_offer *offer, struct buf *out, struct err *err);

#endif
