/* clients/operator/cmd_log.c: signet log info, verify. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "clients/operator/handlers.h"
#include "clients/operator/log_state.h"
#include "clients/operator/log_verify.h"
#include "clients/operator/reason.h"
#include "clients/operator/show.h"
#include "clients/operator/value.h"
#include "signing/format/log_policy.h"

/* ---- info ---- */

static const struct show_row info_rows[] = {{"origin", "origin"}, {"vkey", "vkey"},
    {"started", "started_at"}, {"published", "size"}, {"entries", "entries"},
    {"public URL", "public_url"}, {"checkpoint", "checkpoint"}, {"policy", "policy"},
    {"before it", "predecessor"}, {0}};

int cmd_log_info(struct call *c)
{
	AUTO(client_reply) reply = {0};
	int code = call_get(c, "/log/info", &reply);

	if (code != EXIT_DONE)
		return code;
	if (call_has(c, OPT_JSON))
		call_print_json(c, reply.json);
	else
		show_rows(&c->out, info_rows, reply.json);
	return EXIT_DONE;
}

/* ---- verify: what is known before ---- */

struct subject {
	struct call *call;
	struct client_reply info; /* of the API; empty with --public-only */
	struct buf url;           /* of the published log */
	struct buf server;        /* a name for it in the state directory */
	struct buf vkey;
	struct client *public;
	struct log_verify verify;
};

static void subject_auto(struct subject *s)
{
	client_reply_free(&s->info);
	buf_free(&s->url);
	buf_free(&s->server);
	buf_free(&s->vkey);
	client_close(s->public);
	log_verify_free(&s->verify);
}

/* --log-url; else what the API calls its public URL; else the API itself, which serves it too. */
static void choose_url(struct subject *s)
{
	const struct call *c = s->call;
	const char *public = value_text(s->info.json, "public_url");

	if (c->values[OPT_LOG_URL])
		buf_put_str(&s->url, c->values[OPT_LOG_URL]);
	else
		buf_printf(&s->url, "%s/log", public ? public : c->login.api_url);
	while (s->url.n && s->url.p[s->url.n - 1] == '/')
		s->url.n--;
	buf_put_str(&s->server, c->login.api_url && !call_has(c, OPT_PUBLIC_ONLY)
				    ? c->login.api_url
				    : buf_cstr(&s->url));
}

/* A verification key, or the name of a file with one. */
static struct status read_vkey(const char *text, struct buf *out, struct err *err)
{
	struct span trimmed;

	if (strchr(text, '+') && !file_exists(text)) {
		buf_put_str(out, text);
		return STATUS_OK;
	}
	TRY(file_read(text, 8192, out, err));
	trimmed = span_trim(buf_span(out));
	memmove(out->p, trimmed.p, trimmed.n);
	out->n = trimmed.n;
	return STATUS_OK;
}

/*
 * Whose signature counts: --vkey, else the key that was kept, else what the API says over its
 * authenticated connection, which is then kept. It never changes for a log's name.
 */
static struct status choose_key(struct subject *s, struct err *err)
{
	const char *said = value_text(s->info.json, "vkey");
	AUTO(buf) kept = {0};

	if (s->call->values[OPT_VKEY])
		TRY(read_vkey(s->call->values[OPT_VKEY], &s->vkey, err));
	else if (said)
		buf_put_str(&s->vkey, said);
	else
		return err_refuse(err, WHY(LOG_ORIGIN), "whose log is it? give --vkey");
	TRY(vkey_parse(buf_span(&s->vkey), &s->verify.key, err));
	TRY(log_state_vkey(s->verify.key.name, &kept, err));
	if (kept.n && !span_equal(buf_span(&kept), buf_span(&s->vkey)))
		return err_refuse(err, WHY(LOG_ORIGIN),
		    "the key of %s is another than the one kept", s->verify.key.name);
	return STATUS_OK;
}

static int learn(struct subject *s)
{
	struct call *c = s->call;
	struct err err = {0};
	int code;

	if (call_has(c, OPT_PUBLIC_ONLY)) {
		if (!call_has(c, OPT_LOG_URL) || !call_has(c, OPT_VKEY))
			return call_usage(c, "--public-only needs --log-url and --vkey");
		if (!login_load(&c->login, &err).ok)
			return call_failed(c, &err);
	} else {
		code = call_get(c, "/log/info", &s->info);
		if (code != EXIT_DONE)
			return code;
	}
	choose_url(s);
	if (!choose_key(s, &err).ok || !client_open_public(&c->login, &c->err, &s->public, &err).ok)
		return call_failed(c, &err);
	s->verify.call = c;
	s->verify.public = (struct log_public){s->public, buf_cstr(&s->url)};
	s->verify.compare = !call_has(c, OPT_PUBLIC_ONLY);
	return EXIT_DONE;
}

/* ---- verify: names and cosignatures ---- */

static void named(struct subject *s, enum log_fault fault, const char *detail)
{
	log_found(&s->verify.findings,
	    &(struct log_finding){.fault = fault, .index = -1, .other = -1, .detail = detail});
}

/*
 * The server's log had another name before. After a restore the new one says from which checkpoint
 * of the old one it was started; that must be signed by the old key, and not lie behind what was
 * kept.
 */
static struct status check_successor(struct subject *s, const char *old, struct err *err)
{
	const char *note = value_text(s->info.json, "predecessor");
	AUTO(buf) vkey = {0}, kept = {0};
	struct log_verify before = {.call = s->call};
	struct err why = {0};
	struct status grown;

	TRY(log_state_vkey(old, &vkey, err));
	TRY(log_state_checkpoint(old, &kept, err));
	if (!note || !vkey_parse(buf_span(&vkey), &before.key, &why).ok) {
		named(s, FAULT_LOG_RENAMED,
		    "it does not say from which log it was started: neither grown from it nor restored");
		return STATUS_OK;
	}
	buf_put_str(&before.note, note);
	before.broken = true; /* the old tiles are no longer published: sizes alone are compared */
	grown = log_verify_open(&before, &why);
	if (grown.ok)
		grown = log_verify_growth(
		    &before, buf_span(&kept), "the checkpoint that was kept of the old log", &why);
	if (!grown.ok)
		named(s, FAULT_LOG_RENAMED, why.message);
	for (size_t i = 0; i < before.findings.count; i++)
		log_found(&s->verify.findings, &before.findings.items[i]);
	log_verify_free(&before);
	return STATUS_OK;
}

static struct status check_name(struct subject *s, struct err *err)
{
	AUTO(buf) old = {0}, path = {0};

	TRY(log_state_origin(buf_cstr(&s->server), &old, err));
	if (!old.n || strcmp(buf_cstr(&old), s->verify.key.name) == 0)
		return STATUS_OK;
	TRY(log_state_path(buf_cstr(&old), &path, err));
	call_note(s->call, "this log, %s, has followed %s, of which %s holds the last checkpoint",
	    s->verify.key.name, buf_cstr(&old), buf_cstr(&path));
	return check_successor(s, buf_cstr(&old), err);
}

/* What the server's own policy asks of a checkpoint: witnesses. */
static void check_policy(struct subject *s)
{
	const char *text = value_text(s->info.json, "policy");
	struct log_policy *policy;
	struct log_policy_seen seen;
	struct checkpoint checkpoint;
	struct err why = {0};

	if (!text)
		return;
	policy = mem_alloc(sizeof(*policy));
	if (!log_policy_parse(span_str(text), policy, &why).ok ||
	    !log_policy_check(policy, buf_span(&s->verify.note), &checkpoint, &seen, &why).ok)
		named(s, FAULT_NOT_COSIGNED, why.message);
	free(policy);
}

/* ---- verify: the checkpoints that were kept ---- */

static struct status check_kept(struct subject *s, struct span kept, struct err *err)
{
	const char *file = s->call->values[OPT_CHECKPOINT];
	AUTO(buf) given = {0};

	if (file) {
		TRY(file_read(file, NOTE_SIZE_MAX, &given, err));
		TRY(log_verify_growth(&s->verify, buf_span(&given), file, err));
	}
	if (kept.n)
		TRY(log_verify_growth(&s->verify, kept, "the checkpoint that was kept", err));
	return STATUS_OK;
}

/* Entries that were good once are fetched again, unless they are very many. */
static void choose_range(struct subject *s, struct span kept)
{
	struct log_verify before = {.key = s->verify.key};
	struct err why = {0};

	if (call_has(s->call, OPT_FULL) || !kept.n)
		return;
	buf_put(&before.note, kept);
	if (log_verify_open(&before, &why).ok && before.checkpoint.tree.size > RECHECK_MAX &&
	    before.checkpoint.tree.size <= s->verify.checkpoint.tree.size)
		s->verify.bundles_from = before.checkpoint.tree.size;
	log_verify_free(&before);
}

/* ---- verify: what came of it ---- */

static void print_json(const struct subject *s)
{
	const struct log_verify *v = &s->verify;
	json_t *o = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:o}", "origin", v->key.name,
	    "size", (json_int_t)v->checkpoint.tree.size, "entries_checked", (json_int_t)v->entries,
	    "records_checked", (json_int_t)v->records, "records_erased", (json_int_t)v->erased,
	    "archived", (json_int_t)v->archived, "verified", v->findings.count == 0, "differences",
	    log_findings_json(&v->findings));

	call_print_json(s->call, o);
	json_decref(o);
}

static void print_summary(const struct subject *s)
{
	const struct log_verify *v = &s->verify;
	const struct screen *out = &s->call->out;
	bool good = v->findings.count == 0;

	log_findings_print(out, &v->findings);
	screen_put(out, good ? STYLE_GREEN : STYLE_RED, good ? "verified" : "not verified");
	screen_printf(out, ": %s, %" PRIu64 " entries", v->key.name, v->checkpoint.tree.size);
	if (!good)
		screen_printf(out, ", %zu differences", v->findings.count + v->findings.more);
	screen_printf(out, "\n");
	if (v->bundles_from)
		screen_printf(out,
		    "  the first %" PRIu64
		    " entries were verified before; --full fetches them again\n",
		    v->bundles_from);
	if (v->compare)
		screen_printf(out,
		    "  %" PRIu64 " records are as they were logged, %" PRIu64
		    " cannot be told: their salts were erased\n",
		    v->records, v->erased);
	if (v->archived)
		screen_printf(out,
		    "  %" PRIu64 " certificates are archived, their digests are proven\n",
		    v->archived);
}

static int finish(struct subject *s)
{
	struct err err = {0};

	log_findings_settle(&s->verify.findings);
	if (call_has(s->call, OPT_JSON))
		print_json(s);
	else
		print_summary(s);
	if (s->verify.findings.count)
		return EXIT_FAILED;
	/* Only what was found good is what later ones are held to. */
	if (!log_state_keep(buf_cstr(&s->server), s->verify.key.name, buf_cstr(&s->vkey),
		buf_span(&s->verify.note), &err)
		 .ok)
		return call_failed(s->call, &err);
	return EXIT_DONE;
}

int cmd_log_verify(struct call *c)
{
	AUTO(subject) s = {.call = c};
	AUTO(buf) kept = {0};
	struct err err = {0};
	int code = learn(&s);

	if (code != EXIT_DONE)
		return code;
	if (!log_verify_checkpoint(&s.verify, &err).ok ||
	    !log_state_checkpoint(s.verify.key.name, &kept, &err).ok || !check_name(&s, &err).ok)
		return call_failed(c, &err);
	check_policy(&s);
	choose_range(&s, buf_span(&kept));
	code = log_verify_walk(&s.verify);
	if (code == EXIT_DONE && s.verify.compare)
		code = log_compare_archive(&s.verify);
	if (code == EXIT_DONE && s.verify.compare)
		code = log_compare_strays(&s.verify);
	if (code != EXIT_DONE)
		return code;
	if (!check_kept(&s, buf_span(&kept), &err).ok)
		return call_failed(c, &err);
	return finish(&s);
}
