/*
 * api/device_import.h: lists of devices as factories have them: NDJSON and CSV.
 *
 * NDJSON: a line is an object with `product`, `serial` and `batch`. CSV (RFC 4180, UTF-8): the
 * first line names the columns `product`, `serial` and `batch`, in any order. The product may be
 * left out where the call names one, the batch always. Empty lines are skipped.
 */
#ifndef SIGNET_API_DEVICE_IMPORT_H
#define SIGNET_API_DEVICE_IMPORT_H

#include "base/err.h"
#include "base/span.h"

#define IMPORT_FAULTS_MAX 20 /* named in one answer: who mends these will find the others */

struct import_fault {
	int64_t line;
	char detail[200];
};
struct import {
	bool csv;
	const char *product; /* of lines that name none; NULL: they must */
	const char *batch;   /* of lines that name none; NULL: they have none */
	struct arena *arena;
	/* out */
	struct buf documents; /* of kind device, each on the line that it had: line numbers hold */
	size_t count;
	struct import_fault faults[IMPORT_FAULTS_MAX];
	size_t fault_count; /* of all; those beyond the table are not kept */
};

/* ERR_INPUT body.records: with faults. The caller frees documents, always. */
struct status import_read(struct import *in, struct span text, struct err *err);

#endif
