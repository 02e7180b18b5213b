/*
 * ca/reason.h: every reason for which Signet says no, in one table.
 *
 * Codes are stable: clients and operators match on them, docs/reasons.md is made from them.
 * Rules quote their source; advice tells the one who was refused what to do.
 */
#ifndef SIGNET_CA_REASON_H
#define SIGNET_CA_REASON_H

#include "base/err.h"
#include "base/span.h"

#include "access/reason_access.h"
#include "access/reason_approval.h"
#include "access/reason_credential.h"
#include "access/reason_release.h"
#include "ca/reason_api.h"
#include "ca/reason_authority.h"
#include "ca/reason_crl.h"
#include "ca/reason_csr.h"
#include "ca/reason_idevid.h"
#include "ca/reason_identity.h"
#include "ca/reason_inventory.h"
#include "ca/reason_issue.h"
#include "ca/reason_log.h"
#include "ca/reason_ocsp.h"
#include "ca/reason_request.h"
#include "ca/reason_reset.h"
#include "ca/reason_signing_key.h"
#include "ca/reason_status.h"
#include "ca/reason_update.h"

/* Groups of rows; each row: id, code, kind, rule, advice. New rows go into their group. */
#define REASONS(X)             \
	REASONS_HTTP(X)        \
	REASONS_EST(X)         \
	REASONS_BINDING(X)     \
	REASONS_CSR(X)         \
	REASONS_IDEVID(X)      \
	REASONS_REVOCATION(X)  \
	REASONS_LDEVID(X)      \
	REASONS_DEVICE(X)      \
	REASONS_ISSUE(X)       \
	REASONS_AUTHORITY(X)   \
	REASONS_APPROVAL(X)    \
	REASONS_API(X)         \
	REASONS_CREDENTIALS(X) \
	REASONS_ACCESS(X)      \
	REASONS_STATUS(X)      \
	REASONS_INVENTORY(X)   \
	REASONS_CRL(X)         \
	REASONS_RESET(X)       \
	REASONS_LOG(X)         \
	REASONS_OCSP(X)        \
	REASONS_UPDATE(X)      \
	REASONS_RELEASE(X)     \
	REASONS_SIGNING_KEY(X)

extern const struct reason reasons[]; /* ended by code NULL */

/* docs/reasons.md, appended. A test holds the file to it. */
void reasons_markdown(struct buf *out);

enum reason_id {
#define REASON_ID(id, code, kind, rule, advice) REASON_##id,
	REASONS(REASON_ID)
#undef REASON_ID
	REASON_COUNT
};

/* err_refuse with a row of the table: REFUSE(err, CSR_SIGNATURE, "...", ...) */
#define REFUSE(err, id, ...) err_refuse((err), &reasons[REASON_##id], __VA_ARGS__)

#endif
