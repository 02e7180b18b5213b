/*
 * api/log_public.h: the log as anybody may read it (C2SP tlog-tiles), under /log/.
 *
 *	/log/checkpoint                 the newest one that is published; changes, cached briefly
 *	/log/tile/<L>/<N>[.p/<W>]       tiles: never change under their name
 *	/log/tile/entries/<N>[.p/<W>]   entry bundles: the same
 *	/log/vkey                       the verifier key, one line
 *
 * A partial tile stays available when it has grown: it is cut from the wider one. Checkpoint and
 * key come from memory; so do full tiles that were asked for lately, others from the database.
 */
#ifndef SIGNET_API_LOG_PUBLIC_H
#define SIGNET_API_LOG_PUBLIC_H

#include "api/route.h"

struct status log_public_checkpoint(
    struct call *call, struct http_response *response, struct err *err);
struct status log_public_vkey(struct call *call, struct http_response *response, struct err *err);
struct status log_public_tile(struct call *call, struct http_response *response, struct err *err);

#endif
