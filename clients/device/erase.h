/*
 * clients/device/erase.h: files that nobody is to read again.
 *
 * Overwritten and synced before they are removed. That reaches the medium where a file system
 * writes in place; flash that moves blocks, copies on write and snapshots keep what they keep:
 * there the medium itself must be encrypted or erased.
 */
#ifndef SIGNET_DEVICE_ERASE_H
#define SIGNET_DEVICE_ERASE_H

#include "base/err.h"

/*
 * In the directory behind the descriptor. None there: done. A link, and a file that has another
 * name too, is removed and its bytes stay. The caller syncs the directory.
 */
struct status erase_file(int directory, const char *name, struct err *err);
/*
 * All that stands in a directory, and below; itself stays. Links are removed, not followed; what is
 * mounted there is left alone, and then it fails. Durable on return.
 */
struct status erase_tree(const char *path, struct err *err);

#endif
