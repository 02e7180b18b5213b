/* signing/approval_internal.h: shared by the files of approval.h. */
#ifndef SIGNET_SIGNING_APPROVAL_INTERNAL_H
#define SIGNET_SIGNING_APPROVAL_INTERNAL_H

#include "access/reason_approval.h"
#include "signing/approval.h"

enum approval_reason_id {
#define APPROVAL_REASON_ID(id, code, kind, rule, advice) REASON_##id,
	REASONS_APPROVAL(APPROVAL_REASON_ID)
#undef APPROVAL_REASON_ID
};
extern const struct reason approval_reasons[];
#define REFUSE(err, id, ...) err_refuse((err), &approval_reasons[REASON_##id], __VA_ARGS__)

/* Steps, as their log entries name them; the others are "request." and the state. */
#define STEP_CREATED  "request.created"
#define STEP_APPROVED "request.approved"
#define STEP_REJECTED "request.rejected"

/* What an entry commits to. */
void approval_record_created(const struct request_row *row, struct buf *out);
void approval_record_closed(
    const struct request_row *row, const char *state, const char *by, int64_t at, struct buf *out);
void approval_record_verdict(
    int64_t request_id, const struct request_verdict *verdict, struct buf *out);

/* May this one decide on it at all? ERR_DENIED. */
struct status approval_may_decide(const struct access *access, const struct request_row *row,
    const struct actor *who, int64_t now, struct err *err);

#endif
