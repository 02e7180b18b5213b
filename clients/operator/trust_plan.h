/*
 * clients/operator/trust_plan.h: a trust statement as people write it, in YAML.
 *
 *   product: acme-x100
 *   vendor_domain: acme.example
 *   version: 1
 *   keys:
 *     - {name: release-2026, file: release-2026.pem}
 *   grants:
 *     - {keys: [release-2026], channels: [stable], approvals: 2}
 *   revoked: []
 *   signers:
 *     threshold: 2
 *     keys:
 *       - {name: olga, file: olga.key.pub}
 *       - {name: omar, file: omar.key.pub}
 *   log: signet.acme.example/log+1a2b3c4d+AQ...
 */
#ifndef SIGNET_OPERATOR_TRUST_PLAN_H
#define SIGNET_OPERATOR_TRUST_PLAN_H

#include "base/doc.h"
#include "signing/format/trust.h"

#define TRUST_PLAN_MAX ((size_t)256 << 10)

/*
 * Append the payload that the document in `text` asks for. Files are looked for beside `file`, the
 * document's own name. now: what `created` is where it is not said. ERR: which line, and why.
 */
struct status trust_plan_build(
    const char *file, struct span text, int64_t now, struct buf *ret_payload, struct err *err);

/* Append the document of which this statement was made, for its next version. */
struct status trust_plan_next(const struct trust *trust, struct buf *out, struct err *err);

#endif
