/* What witnesses answer, and what we make of it. One that is real is in tests/log. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "signing/format/witness.h"
#include "signing/log_witness.h"
#include "tests/unit/signing/log_scene.h"

TestSuite(signing_log_witness, .timeout = 60);

/* A witness that answers what it is told, with the key of the scene's log. */
struct played {
	struct scene *scene;
	struct vkey vkey;
	char text[256];
	int statuses[8]; /* in turn; 0: not reached */
	const char *bodies[8];
	int asked;
	uint64_t old_sizes[8]; /* that it was told */
};

static void sign_as_witness(struct played *p, struct span checkpoint, struct buf *out)
{
	AUTO(buf) message = {0};
	AUTO(buf) signature = {0};
	struct note note;
	struct err err = {0};

	cr_assert(note_parse(checkpoint, &note, &err).ok);
	note_message(&p->vkey, note.text, 1800000000, &message);
	cr_assert(hsm_sign(p->scene->key, buf_span(&message), &signature, &err).ok);
	note_put_signature(&p->vkey, 1800000000, signature.p, out);
}

static struct status play(void *context, const struct fetch_request *q,
    struct fetch_response *ret_response, struct err *err)
{
	struct played *p = context;
	struct witness_request request;
	struct fetch_response r = {0};
	int turn = p->asked++;

	cr_assert_str_eq(q->url, "http://127.0.0.1:1/w/add-checkpoint");
	cr_assert(witness_request_parse(q->body, &request, err).ok, "%s", err->message);
	p->old_sizes[turn] = request.old_size;
	if (p->statuses[turn] == 0)
		return err_set(err, ERR_BUSY, "not reached");
	r.status = p->statuses[turn];
	if (p->bodies[turn])
		buf_put_str(&r.body, p->bodies[turn]);
	else if (r.status == 200)
		sign_as_witness(p, request.checkpoint, &r.body);
	*ret_response = r;
	return STATUS_OK;
}

static void open(struct scene *s, struct played *p)
{
	AUTO(buf) text = {0};
	struct err err = {0};

	scene_open(s);
	scene_act(s, 10);
	scene_integrate(s);
	(void)scene_sign(s);
	*p = (struct played){.scene = s};
	cr_assert(
	    vkey_make(SPAN_LITERAL("w.example"), VKEY_COSIGNATURE, s->vkey.key, &p->vkey, &err).ok);
	vkey_put(&p->vkey, &text);
	snprintf(p->text, sizeof(p->text), "%s", buf_cstr(&text));
}

/* ERR_NONE: it signed. */
static struct err ask(struct scene *s, struct played *p, int64_t known, int64_t *ret_size)
{
	const struct log_witness w = {p->text, "http://127.0.0.1:1/w"};
	const struct fetcher fetcher = {play, p};
	struct log_state state = scene_state(s);
	struct log_checkpoint_row row;
	AUTO(buf) line = {0};
	struct err err = {0};

	cr_assert(log_checkpoint_read(s->db, state.origin_id, -1, &s->arena, &row, &err).ok);
	if (log_witness_ask(s->db, &fetcher, &state, &row, &w, known, &line, ret_size, &err).ok)
		cr_expect(span_starts(buf_span(&line), "\xe2\x80\x94 w.example "));
	return err;
}

Test(signing_log_witness, signs_what_grew)
{
	struct scene s;
	struct played p;
	int64_t size;

	open(&s, &p);
	p.statuses[0] = 200;
	cr_expect_eq(ask(&s, &p, 0, &size).kind, ERR_NONE);
	cr_expect_eq(size, 10);
	cr_expect_eq(p.old_sizes[0], 0);
	scene_close(&s);
}

Test(signing_log_witness, that_knows_another_size_is_asked_from_there)
{
	struct scene s;
	struct played p;
	int64_t size;

	open(&s, &p);
	p.statuses[0] = 409;
	p.bodies[0] = "7\n";
	p.statuses[1] = 200;
	cr_expect_eq(ask(&s, &p, 3, &size).kind, ERR_NONE);
	cr_expect_eq(p.old_sizes[0], 3);
	cr_expect_eq(p.old_sizes[1], 7);
	cr_expect_eq(size, 10);
	scene_close(&s);
}

static const struct refusal {
	const char *claim;
	int status;
	const char *body;
	enum err_kind kind;
	const char *says;
} refusals[] = {
    {"has seen more of the log than there is", 409, "11\n", ERR_DENIED, "has signed 11 entries"},
    {"says no number", 409, "many\n", ERR_INPUT, ""},
    {"says no", 403, "who are you?\n", ERR_BUSY, "answers 403: who are you?"},
    {"signs with another key", 200, "\xe2\x80\x94 x.example AAAAAAAAAAAAAA==\n", ERR_DENIED, ""},
    {"signs nothing", 200, "", ERR_INPUT, ""},
    {"is not there", 0, NULL, ERR_BUSY, "not reached"},
};

Test(signing_log_witness, that_refuses_or_lies_has_not_signed)
{
	struct scene s;
	struct played p;
	int64_t size;

	open(&s, &p);
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *r = &refusals[i];
		struct err err;

		p.asked = 0;
		p.statuses[0] = r->status;
		p.bodies[0] = r->body;
		err = ask(&s, &p, 2, &size);
		cr_expect_neq(err.kind, ERR_NONE, "%s", r->claim);
		cr_expect(
		    r->says[0] == '\0' || err.kind == r->kind, "%s: %s", r->claim, err.message);
		cr_expect(strstr(err.message, r->says), "%s: %s", r->claim, err.message);
		cr_expect_eq(size, 2, "%s", r->claim);
	}
	scene_close(&s);
}

Test(signing_log_witness, that_keeps_changing_its_mind_is_left_alone)
{
	struct scene s;
	struct played p;
	int64_t size;

	open(&s, &p);
	for (int i = 0; i < 8; i++) {
		p.statuses[i] = 409;
		p.bodies[i] = i % 2 ? "4\n" : "5\n";
	}
	cr_expect_eq(ask(&s, &p, 0, &size).kind, ERR_BUSY);
	cr_expect_eq(p.asked, 3);
	scene_close(&s);
}

static int64_t turn(struct scene *s, struct played *p, int64_t quorum, bool *ret_asked)
{
	const struct log_witness w = {p->text, "http://127.0.0.1:1/w"};
	const struct fetcher fetcher = {play, p};
	struct err trouble = {0}, err = {0};

	cr_assert(log_witness_turn(s->db, &fetcher, &w, 1, quorum, ret_asked, &trouble, &err).ok,
	    "%s (%s)", err.message, err.cause);
	return scene_state(s).published;
}

Test(signing_log_witness, turns_keep_what_it_said_and_publish_by_quorum)
{
	struct scene s;
	struct played p;
	bool asked;

	open(&s, &p);
	pg_exec(&s.database, "ALTER TABLE log_origin DISABLE TRIGGER ALL;"
			     "UPDATE log_origin SET published = NULL");
	/* It is away: nothing is published, and it is not asked again at once. */
	cr_expect_eq(turn(&s, &p, 1, &asked), -1);
	cr_expect(asked);
	cr_expect_eq(turn(&s, &p, 1, &asked), -1);
	cr_expect_not(asked);
	cr_expect_eq(pg_number(&s.database, "SELECT failures FROM log_witness"), 1);
	cr_expect_str_eq(pg_value(&s.database, "SELECT trouble FROM log_witness"), "not reached");
	/* Its time has come. */
	pg_exec(&s.database, "UPDATE log_witness SET claimed_until = now() - interval '1 second'");
	p.statuses[1] = 200;
	cr_expect_eq(turn(&s, &p, 2, &asked), -1, "one of two is no quorum");
	cr_expect(asked);
	cr_expect_eq(pg_number(&s.database, "SELECT failures FROM log_witness"), 0);
	cr_expect_eq(pg_number(&s.database, "SELECT size FROM log_witness"), 10);
	/* The next one, of which a quorum of one is enough. */
	scene_act(&s, 5);
	scene_integrate(&s);
	pg_exec(&s.database, "UPDATE log_witness SET claimed_until = now() - interval '1 second';"
			     "UPDATE log_cosignature SET at = now() - interval '1 minute'");
	(void)scene_sign(&s);
	pg_exec(&s.database, "UPDATE log_origin SET published = NULL");
	p.statuses[2] = 200;
	cr_expect_eq(turn(&s, &p, 1, &asked), 15);
	cr_expect_eq(p.old_sizes[2], 10);
	scene_close(&s);
}
