/*
 * ca/policy_internal.h: from documents to a snapshot, shared by those who load policy and who apply
 *it.
 *
 *	ca/policy_fields.c    what a document of each kind may say
 *	ca/policy_build.c     items -> struct policy: copied, linked, compiled, checked
 *	ca/policy_anchor.c    certificates of anchors and authorities
 *	ca/policy_load.c      rows -> items -> policy, with keys
 *	ca/policy_stage.c     file -> items
 *	ca/policy_apply.c     file and rows -> items -> policy (the check) -> rows
 *	ca/policy_judge.c     may this one change that? who must agree?
 *	ca/policy_difference.c  what a change changes
 *	ca/policy_devices.c   devices of a file
 *	ca/policy.c           look-ups, the holder
 */
#ifndef SIGNET_CA_POLICY_INTERNAL_H
#define SIGNET_CA_POLICY_INTERNAL_H

#include "ca/act.h"
#include "ca/policy.h"
#include "ca/policy_document.h"
#include "sql/policy.h"

/* What every document begins with. */
struct policy_head {
	char *kind;
	char *name;
};

struct authority_document {
	struct policy_head head;
	struct authority authority;
};
struct profile_document {
	struct policy_head head;
	struct profile profile;
};
struct trust_anchor_document {
	struct policy_head head;
	struct trust_anchor anchor;
	char *certificate_file; /* read when the file is applied; NULL ever after */
};
struct product_document {
	struct policy_head head;
	struct product product;
};
struct label_document {
	struct policy_head head;
	struct label label;
};
struct device_document {
	struct policy_head head; /* name unused: a device is known by product and serial number */
	char *product;
	char *batch;             /* NULL: none */
	char *serial;            /* kind device */
	struct str_list serials; /* kind devices */
};

/* One stored or new document. */
struct policy_item {
	enum policy_kind_id kind;
	int64_t id; /* 0: new */
	int64_t version;
	const char *name;
	const char *file; /* for messages: the file, or "stored" */
	const struct doc_node *node;
	void *document;               /* struct KIND_document */
	const char *spec;             /* canonical JSON */
	const struct policy_row *row; /* what is stored; NULL: new */
	bool from_file;
};

/* doc_fail at an item, with "kind 'name': " before the text. */
struct status policy_fail(const struct policy_item *at, const char *member, struct err *err,
    const char *format, ...) PRINTF(4, 5);

/* Bind a document of this kind: the struct and its canonical JSON, in the arena. */
struct status policy_bind(const char *file, const struct doc_node *node, enum policy_kind_id kind,
    struct arena *arena, struct policy_item *ret_item, struct err *err);
/* Set item->spec from item->document. */
void policy_render(struct policy_item *item, struct arena *arena);
/* Stored rows as items. ERR_CONFIG: a row does not read back. */
struct status policy_items_of_rows(const struct policy_rows *rows, struct arena *arena,
    struct policy_item **ret_items, struct err *err);

/* An empty snapshot with one reference. */
struct policy *policy_new(void);
/*
 * Fill p from the items: everything linked, compiled and checked, but no key opened. What the items
 * point to must outlive p. ERR_CONFIG at the item that is wrong.
 */
struct status policy_build(
    struct policy *p, const struct policy_item *items, size_t count, struct err *err);

/* Read and check an anchor's certificate: fills certificate, subject, ski, spki, x509, key,
 * validity. */
struct status anchor_read(struct trust_anchor *anchor, const struct policy_item *item,
    struct arena *arena, struct err *err);
/* The same for an authority's own, from its row. */
struct status authority_read(struct authority *a, const struct policy_item *item, struct err *err);

/* The member that an anchor's certificate came from, for messages. */
const char *anchor_source(const struct policy_item *item);
/*
 * Keep of certificate_pem the certificate alone: what else stands in the file (text, a private key)
 * must not reach the store. ERR_CONFIG: not exactly one certificate.
 */
struct status anchor_pem(struct trust_anchor_document *d, const struct policy_item *item,
    struct arena *arena, struct err *err);

/* p->access alone, from the same items. */
struct status policy_build_access(
    struct policy *p, const struct policy_item *items, size_t count, struct err *err);

#endif
