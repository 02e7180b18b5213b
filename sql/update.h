/*
 * sql/update.h: what a device is to run, for the certificate that it shows: one statement each,
 * since devices ask by the million. sql/certificate_use.h says who it is.
 */
#ifndef SIGNET_SQL_UPDATE_H
#define SIGNET_SQL_UPDATE_H

#include "base/encode.h"
#include "sql/certificate_use.h"

/* A certificate, and the channel that its holder asks about. */
struct update_query {
	const int64_t *issuers; /* ids of the authorities that bear its issuer's name and key */
	size_t issuer_count;
	struct span serial;
	const char *channel;
	int64_t after;             /* trust statements alone: the version before; -1: newest */
	const struct digest *held; /* a file that the client has: its octets are not read; NULL */
};

/* Texts in the arena; digests and numbers are 0 where there is nothing. */
struct update_row {
	bool found;
	struct certificate_use_row use;
	const char *product; /* name; NULL: the device has none */
	int64_t sequence;    /* the newest release that is published and not recalled; 0: none */
	const char *version;
	struct digest bundle;
	int64_t bundle_size;
	int64_t trust_version;
	struct digest trust;
	int64_t recall_number;
	struct digest recall;
};
struct status update_look(struct db *db, const struct update_query *q, struct arena *arena,
    struct update_row *ret_row, struct err *err);

enum update_file {
	UPDATE_BUNDLE,
	UPDATE_TRUST,
	UPDATE_RECALL
};
struct update_file_row {
	bool found;
	struct certificate_use_row use;
	const char *product;
	bool there; /* false: there is no such file */
	struct digest sha256;
	struct span bytes; /* p NULL: it is the one that is held */
};
struct status update_file_look(struct db *db, enum update_file file, const struct update_query *q,
    struct arena *arena, struct update_file_row *ret_row, struct err *err);

#endif
