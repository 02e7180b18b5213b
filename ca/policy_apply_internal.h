/* ca/policy_apply_internal.h: one change of policy on its way, shared by the files that make it. */
#ifndef SIGNET_CA_POLICY_APPLY_INTERNAL_H
#define SIGNET_CA_POLICY_APPLY_INTERNAL_H

#include "ca/policy_apply.h"
#include "ca/policy_internal.h"

struct policy_items {
	struct policy_item *items; /* on the heap */
	size_t count, room;
};

struct application {
	struct db *db;
	const struct policy_edit *edit;
	int64_t now;
	struct rng rng;
	struct arena *arena;
	struct policy_items documents; /* of the file, kinds that are stored */
	struct policy_items devices;   /* of the file, kinds device and devices */
	struct policy_items stored;    /* as it is */
	struct policy_items all;       /* as it would be */
	struct policy_items removed;   /* in `stored` and no longer in `all`: one at most */
	struct policy *last;           /* of what is stored: products and access alone */
	struct policy *next;           /* of `all` */
	int64_t version;               /* before */
	struct policy_change *changes; /* on the heap */
	size_t change_count, change_room;
	struct act *acts; /* on the heap */
	size_t act_count, act_room;
	struct requirement *requirements;
	size_t requirement_count;
	struct buf plan; /* what its digest is of */
	bool policy_changed, anything_changed;
	struct err *err;
};

void policy_items_add(struct policy_items *list, const struct policy_item *item);
struct policy_item *policy_items_find(
    const struct policy_items *list, enum policy_kind_id kind, const char *name);

/* Documents of the text become app->documents and app->devices. */
struct status policy_stage(struct application *app, const struct doc_file *f);

/* ---- what changes ---- */
void policy_add_change(
    struct application *app, const char *kind, const char *name, enum policy_effect what);
void policy_add_act(struct application *app, enum act_kind kind, const char *product);
/* Add to the plan: specs are canonical JSON; NULL: there is none. */
void policy_plan(
    struct application *app, const char *kind, const char *name, const char *old, const char *new);
/* What makes `new` of `old`. */
void policy_differences(const char *old, const char *new, struct arena *arena,
    struct policy_difference **ret_list, size_t *ret_count);

/* ---- who may ---- */
/*
 * Each changed document's act by its scope, and bootstrap's end: before anything else is said of
 * the documents, so that who may not change policy learns nothing of it.
 */
struct status policy_judge_rights(struct application *app);
/* What no right lifts: granting, operators' certificates, the last administrator. */
struct status policy_judge_rules(struct application *app);
/* Once all acts are known: what they need, and whether it is there. */
struct status policy_judge_approvals(struct application *app);

/* The record of an act of this change, with who, what they agreed to, and when. */
struct policy_act policy_act_of(const struct application *app);

/* ---- devices ---- */
/* Every device's product is there, every serial number in normal form. */
struct status policy_devices_check(struct application *app, const struct policy *p);
/* Make them known, product by product, each with a log entry for what was new. */
struct status policy_devices_write(struct application *app);

#endif
