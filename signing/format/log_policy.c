/* signing/format/log_policy.c: see log_policy.h. */
#include "signing/format/log_policy.h"

#include <string.h>

#include "signing/format/text.h"

#define GROUP_BIT(i) (UINT64_C(1) << (LOG_POLICY_WITNESSES_MAX + (i)))

struct reader {
	struct text text;
	struct log_policy *policy;
	uint64_t used; /* names that are members of a group */
	bool quorum;   /* its line was seen */
};

static struct status refuse(const struct reader *r, struct err *err, const char *why)
{
	return text_refuse(&r->text, err, why);
}

static struct status refuse_more(
    const struct reader *r, struct err *err, const char *what, int bound)
{
	return err_set(err, ERR_TOO_LARGE, "%s, line %u: more than %d %s", r->text.what,
	    r->text.line, bound, what);
}

/* ---- names ---------------------------------------------------------------------------------- */

/* The bit of a witness or group; 0: no such name. Names are octet strings, of whatever script. */
static uint64_t find_name(const struct log_policy *policy, struct span name)
{
	for (size_t i = 0; i < policy->witness_count; i++)
		if (span_equal(policy->witnesses[i].name, name))
			return UINT64_C(1) << i;
	for (size_t i = 0; i < policy->group_count; i++)
		if (span_equal(policy->groups[i].name, name))
			return GROUP_BIT(i);
	return 0;
}

static struct status take_new_name(
    struct reader *r, struct span *line, struct span *ret_name, struct err *err)
{
	if (!text_word(line, ret_name))
		return refuse(r, err, "no name");
	if (span_equal_str(*ret_name, "none"))
		return refuse(r, err, "the name \"none\" is taken");
	if (find_name(r->policy, *ret_name))
		return refuse(r, err, "this name is defined already");
	return STATUS_OK;
}

static struct status take_old_name(
    struct reader *r, struct span *line, uint64_t *ret_bit, struct err *err)
{
	struct span name;

	if (!text_word(line, &name))
		return refuse(r, err, "no name");
	*ret_bit = find_name(r->policy, name);
	if (!*ret_bit)
		return refuse(r, err, "a name that no line before defines");
	return STATUS_OK;
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* <vkey> [<url>] */
static struct status take_key(struct reader *r, struct span *line, struct vkey *ret_key,
    struct span *ret_url, struct err *err)
{
	struct err why = {0};
	struct span word;

	if (!text_word(line, &word))
		return refuse(r, err, "no vkey");
	if (!vkey_parse(word, ret_key, &why).ok)
		return refuse(r, err, why.message);
	if (!text_word(line, ret_url))
		*ret_url = SPAN_NONE;
	return STATUS_OK;
}

static struct status take_log(struct reader *r, struct span *line, struct err *err)
{
	struct log_policy *policy = r->policy;
	struct log_policy_log log = {0};

	TRY(take_key(r, line, &log.key, &log.url, err));
	for (size_t i = 0; i < policy->log_count; i++)
		if (vkey_same_key(&policy->logs[i].key, &log.key))
			return refuse(r, err, "a log with this key is defined already");
	if (policy->log_count == LOG_POLICY_LOGS_MAX)
		return refuse_more(r, err, "logs", LOG_POLICY_LOGS_MAX);
	policy->logs[policy->log_count++] = log;
	return STATUS_OK;
}

static struct status take_witness(struct reader *r, struct span *line, struct err *err)
{
	struct log_policy *policy = r->policy;
	struct log_policy_witness witness = {0};

	TRY(take_new_name(r, line, &witness.name, err));
	TRY(take_key(r, line, &witness.key, &witness.url, err));
	if (witness.key.type != VKEY_COSIGNATURE && witness.key.type != VKEY_COSIGNATURE_ML_DSA_44)
		return refuse(r, err, "not a key of a cosignature type, 04 or 06");
	for (size_t i = 0; i < policy->witness_count; i++)
		if (vkey_same_key(&policy->witnesses[i].key, &witness.key))
			return refuse(r, err, "a witness with this key is defined already");
	if (policy->witness_count == LOG_POLICY_WITNESSES_MAX)
		return refuse_more(r, err, "witnesses", LOG_POLICY_WITNESSES_MAX);
	policy->witnesses[policy->witness_count++] = witness;
	return STATUS_OK;
}

static struct status take_members(struct reader *r, struct span *line, uint64_t *ret_members,
    unsigned *ret_count, struct err *err)
{
	uint64_t members = 0, bit = 0;
	unsigned count = 0;

	for (; line->n; count++) {
		TRY(take_old_name(r, line, &bit, err));
		/* "Each defined name can be listed as a group member at most once." */
		if (r->used & bit)
			return refuse(r, err, "a name that is a member of a group already");
		r->used |= bit;
		members |= bit;
	}
	*ret_members = members;
	*ret_count = count;
	return STATUS_OK;
}

static struct status take_group(struct reader *r, struct span *line, struct err *err)
{
	struct log_policy *policy = r->policy;
	struct log_policy_group group = {0};
	struct span threshold;
	uint64_t number = 0;
	unsigned count = 0;

	TRY(take_new_name(r, line, &group.name, err));
	if (!text_word(line, &threshold))
		return refuse(r, err, "no threshold: all, any or a number");
	TRY(take_members(r, line, &group.members, &count, err));
	if (span_equal_str(threshold, "all"))
		number = count;
	else if (span_equal_str(threshold, "any"))
		number = 1;
	else if (!text_uint(threshold, &number))
		return refuse(r, err, "a threshold is all, any or a number");
	if (number < 1 || number > count)
		return refuse(r, err, "a threshold is at least 1, and no more than the members");
	if (policy->group_count == LOG_POLICY_GROUPS_MAX)
		return refuse_more(r, err, "groups", LOG_POLICY_GROUPS_MAX);
	group.threshold = (unsigned)number;
	policy->groups[policy->group_count++] = group;
	return STATUS_OK;
}

static struct status take_quorum(struct reader *r, struct span *line, struct err *err)
{
	struct span ahead = *line, name;

	if (r->quorum)
		return refuse(r, err, "a second quorum");
	r->quorum = true;
	if (text_word(&ahead, &name) && span_equal_str(name, "none")) {
		*line = ahead;
		return STATUS_OK;
	}
	return take_old_name(r, line, &r->policy->quorum, err);
}

static const struct {
	const char *word;
	struct status (*take)(struct reader *r, struct span *line, struct err *err);
} directives[] = {
    {"log", take_log},
    {"witness", take_witness},
    {"group", take_group},
    {"quorum", take_quorum},
};

static struct status take_line(struct reader *r, struct span line, struct err *err)
{
	struct span word;

	if (!text_word(&line, &word) || word.p[0] == '#')
		return STATUS_OK;
	for (size_t i = 0; i < COUNT(directives); i++) {
		if (!span_equal_str(word, directives[i].word))
			continue;
		TRY(directives[i].take(r, &line, err));
		return line.n ? refuse(r, err, "more words than belong here") : STATUS_OK;
	}
	return refuse(r, err, "not log, witness, group or quorum");
}

/* "The only allowed control characters are tab and newline"; above ASCII all is opaque. */
static bool octets_are_allowed(struct span file)
{
	for (size_t i = 0; i < file.n; i++)
		if ((file.p[i] < ' ' && file.p[i] != '\t' && file.p[i] != '\n') ||
		    file.p[i] == 0x7f)
			return false;
	return true;
}

struct status log_policy_parse(struct span file, struct log_policy *ret_policy, struct err *err)
{
	struct reader r = {.text = {.what = "log policy", .rest = file}, .policy = ret_policy};
	struct span line;

	*ret_policy = (struct log_policy){0};
	if (file.n > LOG_POLICY_SIZE_MAX)
		return err_set(err, ERR_TOO_LARGE, "log policy: %zu octets, over %zu", file.n,
		    LOG_POLICY_SIZE_MAX);
	if (!octets_are_allowed(file))
		return err_set(err, ERR_INPUT, "log policy: control characters");
	while (r.text.rest.n) {
		if (!text_line(&r.text, &line))
			return refuse(&r, err, "does not end in a newline");
		TRY(take_line(&r, line, err));
	}
	if (!r.quorum)
		return err_set(err, ERR_INPUT, "log policy: no quorum line");
	return STATUS_OK;
}

/* ---- judging -------------------------------------------------------------------------------- */

static unsigned count_bits(uint64_t set)
{
	unsigned n = 0;

	for (; set; set &= set - 1)
		n++;
	return n;
}

/* Witnesses, and the groups that they carry. */
static uint64_t reach(const struct log_policy *policy, uint64_t witnesses)
{
	uint64_t reached = witnesses & (GROUP_BIT(0) - 1);

	/* Members stand before their group: one pass is enough. */
	for (size_t i = 0; i < policy->group_count; i++)
		if (count_bits(policy->groups[i].members & reached) >= policy->groups[i].threshold)
			reached |= GROUP_BIT(i);
	return reached;
}

bool log_policy_reached(const struct log_policy *policy, uint64_t witnesses)
{
	return (policy->quorum & ~reach(policy, witnesses)) == 0;
}

static struct status refuse_quorum(
    const struct log_policy *policy, uint64_t witnesses, struct err *err)
{
	uint64_t reached = reach(policy, witnesses);

	for (size_t i = 0; i < policy->group_count; i++)
		if (policy->quorum == GROUP_BIT(i))
			return err_set(err, ERR_DENIED,
			    "checkpoint: of its quorum, group %.*s, %u of the %u asked for have "
			    "cosigned",
			    SPAN_PRINT(policy->groups[i].name),
			    count_bits(policy->groups[i].members & reached),
			    policy->groups[i].threshold);
	return err_set(
	    err, ERR_DENIED, "checkpoint: not cosigned by the witness that is its quorum");
}

/* A log signs under its origin: what it signs under another says nothing. */
static struct status find_log(const struct log_policy *policy, const struct note *note,
    struct span origin, size_t *ret_log, struct err *err)
{
	size_t found = policy->log_count;
	struct note_seen seen;

	for (size_t i = 0; i < policy->log_count; i++) {
		const struct vkey *key = &policy->logs[i].key;

		TRY(note_verify_one(note, key, &seen, err));
		if (seen.verified && span_equal_str(origin, key->name) &&
		    found == policy->log_count)
			found = i;
	}
	if (found == policy->log_count)
		return err_set(err, ERR_DENIED,
		    "checkpoint: not signed by a log of the policy under that log's name");
	*ret_log = found;
	return STATUS_OK;
}

struct status log_policy_check(const struct log_policy *policy, struct span file,
    struct checkpoint *ret_checkpoint, struct log_policy_seen *ret_seen, struct err *err)
{
	struct log_policy_seen seen = {0};
	struct note_seen one;
	struct checkpoint c;
	struct note note;

	TRY(note_parse(file, &note, err));
	TRY(checkpoint_parse(note.text, &c, err));
	TRY(find_log(policy, &note, c.origin, &seen.log, err));
	for (size_t i = 0; i < policy->witness_count; i++) {
		TRY(note_verify_one(&note, &policy->witnesses[i].key, &one, err));
		if (one.verified)
			seen.witnesses |= UINT64_C(1) << i;
		seen.times[i] = one.time;
	}
	if (!log_policy_reached(policy, seen.witnesses))
		return refuse_quorum(policy, seen.witnesses, err);
	*ret_checkpoint = c;
	*ret_seen = seen;
	return STATUS_OK;
}
