/* access/oidc_run.c: see oidc_run.h. */
#include "access/oidc_run.h"

#include <string.h>

#include "base/json.h"

/* Claims that say what set a run off, and the values that may bring in a stranger's code. */
static const struct event {
	const char *claim, *prefix;
} events[] = {
    {"event_name", "pull_request"},
    {"pipeline_source", "merge_request_event"},
    {"pipeline_source", "external_pull_request_event"},
};

/* By name; of several claims the first that the token has: GitHub's, then GitLab's. GitLab's ref is
 * short, "main", and its ref_path whole. */
static const struct member {
	const char *name;
	const char *claims[2];
	bool yes_or_no;
} members[] = {
    {"commit", {"sha"}, false},
    {"environment", {"environment"}, false},
    {"event", {"event_name", "pipeline_source"}, false},
    {"issuer", {"iss"}, false},
    {"ref", {"ref_path", "ref"}, false},
    {"ref_protected", {"ref_protected"}, true},
    {"repository", {"repository", "project_path"}, false},
    {"repository_id", {"repository_id", "project_id"}, false},
    {"run", {"run_id", "pipeline_id"}, false},
    {"workflow", {"workflow_ref", "ci_config_ref_uri"}, false},
};
#define REPOSITORY_ID 7

const char *oidc_run_strange(const struct jws *token, struct arena *arena, const char **ret_claim)
{
	for (size_t i = 0; i < COUNT(events); i++) {
		const char *value = jws_as_text(token, events[i].claim, arena);

		if (!value || strncmp(value, events[i].prefix, strlen(events[i].prefix)) != 0)
			continue;
		*ret_claim = events[i].claim;
		return value;
	}
	return NULL;
}

static bool is_plain(const char *text)
{
	const size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return n > 0 && n <= OIDC_RUN_TEXT_MAX;
}

/* NULL: it has none, or one that is not kept. */
static const char *value_of(const struct member *m, const struct jws *token, struct arena *arena)
{
	const char *value = NULL;

	for (size_t i = 0; i < COUNT(m->claims) && m->claims[i] && !value; i++)
		value = jws_as_text(token, m->claims[i], arena);
	return value && is_plain(value) ? value : NULL;
}

const char *oidc_run(const struct jws *token, struct arena *arena)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	if (!value_of(&members[REPOSITORY_ID], token, arena))
		return NULL;
	json_object_begin(&j, NULL);
	for (size_t i = 0; i < COUNT(members); i++) {
		const char *value = value_of(&members[i], token, arena);

		if (value && members[i].yes_or_no)
			json_bool(&j, members[i].name, strcmp(value, "true") == 0);
		else if (value)
			json_str(&j, members[i].name, value);
	}
	json_object_end(&j);
	return arena_strndup(arena, (const char *)text.p, text.n);
}
