/* signing/provenance.c: see provenance.h. */
#include "signing/provenance.h"

#include <string.h>

#include "access/oidc.h"
#include "signing/release_internal.h"

/* In the order of their names: the form is canonical. */
static const struct {
	const char *name;
	size_t offset;
} texts[] = {
#define TEXT(member)                                         \
	{                                                    \
#member, offsetof(struct provenance, member) \
	}
    TEXT(commit), TEXT(environment), TEXT(event), TEXT(issuer), TEXT(ref), TEXT(repository),
    TEXT(repository_id), TEXT(run), TEXT(workflow)
#undef TEXT
};
#define AFTER_REF 5 /* where ref_protected stands */

static const char *text_at(const struct provenance *p, size_t i)
{
	const char *text;

	memcpy(&text, (const char *)p + texts[i].offset, sizeof(text));
	return text;
}

void provenance_put(const struct provenance *p, struct buf *out)
{
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (i == AFTER_REF)
			json_bool(&j, "ref_protected", p->ref_protected);
		if (text_at(p, i))
			json_str(&j, texts[i].name, text_at(p, i));
	}
	json_object_end(&j);
}

static struct status read_member(
    const struct doc_node *node, struct arena *arena, struct provenance *p, struct err *err)
{
	const char *text;

	if (node->kind != DOC_SCALAR)
		return err_set(err, ERR_INPUT, "provenance: %.40s is no text", node->key);
	if (strcmp(node->key, "ref_protected") == 0) {
		p->ref_protected = !node->quoted && strcmp(node->text, "true") == 0;
		return STATUS_OK;
	}
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (strcmp(node->key, texts[i].name) != 0)
			continue;
		if (strlen(node->text) > PROVENANCE_TEXT_MAX)
			return err_set(err, ERR_INPUT, "provenance: %s is too long", node->key);
		text = arena_strdup(arena, node->text);
		memcpy((char *)p + texts[i].offset, &text, sizeof(text));
		return STATUS_OK;
	}
	return err_set(err, ERR_INPUT, "provenance: %.40s is not known", node->key);
}

struct status provenance_read(
    const char *json, struct arena *arena, struct provenance *ret_p, struct err *err)
{
	AUTO(doc_file) file = {0};
	struct provenance p = {0};
	struct err why = {0};

	if (!doc_parse("provenance", span_str(json), &file, &why).ok || file.count != 1 ||
	    file.documents[0]->kind != DOC_MAP)
		return err_set(err, ERR_INPUT, "provenance: no JSON object");
	for (const struct doc_node *n = file.documents[0]->child; n; n = n->next)
		TRY(read_member(n, arena, &p, err));
	*ret_p = p;
	return STATUS_OK;
}

/* ---- judging ---- */

static bool begins(const char *text, const char *with)
{
	return text && strncmp(text, with, strlen(with)) == 0;
}

/* What an outsider can have run in the maker's repository's name. */
static bool is_of_fork(const struct provenance *p)
{
	return begins(p->event, "pull_request") || begins(p->event, "merge_request") ||
	       begins(p->event, "external_pull_request") || begins(p->ref, "refs/pull/") ||
	       begins(p->ref, "refs/merge-requests/");
}

/* The claim is the file and "@" and a ref; a file's own name may hold an '@'. */
static bool is_workflow(const char *wanted, const char *claim)
{
	const size_t n = strlen(wanted);

	if (!claim || strncmp(claim, wanted, n) != 0)
		return false;
	return claim[n] == '\0' || begins(claim + n, "@refs/");
}

static bool is_from(const struct channel_source *s, const struct provenance *p)
{
	return s->issuer && p->issuer && strcmp(p->issuer, s->issuer->issuer) == 0 &&
	       p->repository_id && strcmp(p->repository_id, s->repository_id) == 0 && p->ref &&
	       oidc_claim_fits("ref", s->ref, p->ref) &&
	       (!s->workflow || is_workflow(s->workflow, p->workflow)) &&
	       (!s->environment || (p->environment && strcmp(p->environment, s->environment) == 0));
}

static struct status refuse_source(
    const struct channel *channel, const struct provenance *p, struct err *err)
{
	return REFUSE(err, RELEASE_SOURCE,
	    "channel '%.63s' takes no releases from repository %.64s (%.64s), ref %.64s, workflow "
	    "%.64s",
	    channel->name, p->repository ? p->repository : "?",
	    p->repository_id ? p->repository_id : "?", p->ref ? p->ref : "?",
	    p->workflow ? p->workflow : "?");
}

struct status provenance_judge(
    const struct channel *channel, const struct provenance *p, struct err *err)
{
	const struct channel_source *rows = channel->sources.items;
	bool unprotected = false;

	if (p && is_of_fork(p))
		return REFUSE(err, RELEASE_FORK, "this run is for %.64s, %.64s",
		    p->event ? p->event : "a request", p->ref ? p->ref : "of no ref");
	if (channel->sources.count == 0)
		return STATUS_OK;
	if (!p)
		return REFUSE(err, RELEASE_SOURCE,
		    "channel '%.63s' takes releases from its CI's runs alone", channel->name);
	for (size_t i = 0; i < channel->sources.count; i++) {
		if (!is_from(&rows[i], p))
			continue;
		if (p->ref_protected || rows[i].any_ref)
			return STATUS_OK;
		unprotected = true;
	}
	if (unprotected)
		return REFUSE(err, RELEASE_REF, "%.128s of repository %.64s is not protected",
		    p->ref, p->repository ? p->repository : p->repository_id);
	return refuse_source(channel, p, err);
}
