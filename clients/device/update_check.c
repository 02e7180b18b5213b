/*
 * clients/device/update_check.c: ask the server what is new.
 *
 *   GET /update/{channel}                 what there is, by number and digest; ETag
 *   GET /update/{channel}/trust?after=N   the statement N + 1: each is signed by the quorum of the
 *                                         one before, so that a device goes up one at a time
 *   GET /update/{channel}/recall          the newest list
 *   GET /update/{channel}/bundle          of the newest release
 *
 * The server is an envoy: it says what there is, and every answer is judged by what is in force.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clients/device/update_records.h"

#define OFFER_MAX      ((size_t)16 << 10)
#define STATEMENTS_MAX 100 /* in one run: a server cannot keep us busy for ever */
#define FETCH_TRIES    3   /* of a bundle that is replaced while we ask */

/* ---- asking ---- */

/* A connection as the LDevID. */
struct line {
	struct signet_update *update;
	struct signet_device *device;
	struct identity identity;
	struct session *session;
};

static void line_auto(struct line *l)
{
	session_close(l->session);
	identity_free(&l->identity);
}

static struct status line_open(struct line *l, struct err *err)
{
	struct signet_device *d = l->device;
	struct session_config config = {.server = d->config.server,
	    .label = d->config.label,
	    .anchors = &d->anchors,
	    .time = device_time_now(d),
	    .identity = &l->identity.chain};
	uint32_t current;

	TRY(d->store->ops->current(d->store, &current, err));
	if (!current || !config.server)
		return err_refuse(
		    err, WHY(NO_IDENTITY), "only a device that is enrolled is served updates");
	TRY(identity_load(d, current, &l->identity, err));
	config.key = l->identity.key;
	return session_open(&config, &l->session, err);
}

/* A channel's name in a path: what is not unreserved (RFC 3986 section 2.3) is escaped. */
static void put_path(const struct line *l, const char *rest, struct buf *out)
{
	static const char unreserved[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	const char *channel = l->update->config.channel;

	buf_put_str(out, "/update/");
	for (size_t i = 0; channel[i]; i++) {
		if (strchr(unreserved, channel[i]))
			buf_put_byte(out, (uint8_t)channel[i]);
		else
			buf_printf(out, "%%%02X", (unsigned)(uint8_t)channel[i]);
	}
	buf_put_str(out, rest);
}

static struct status get(struct line *l, const char *rest, size_t most, const char *etag,
    struct answer *ret_answer, struct err *err)
{
	AUTO(buf) path = {0};
	struct session_get ask = {.if_none_match = etag, .most = most};

	put_path(l, rest, &path);
	ask.path = buf_cstr(&path);
	return est_get(l->session, &ask, ret_answer, &l->device->said, err);
}

/* ---- the offer ---- */

static struct status fetch_offer(struct line *l, struct update_offer *ret_offer, struct err *err)
{
	struct signet_update *u = l->update;
	struct update_offer known = {0}, news = {0};
	AUTO(answer) a = {0};

	if (!update_offer_load(u, &known, &u->said).ok)
		known = (struct update_offer){0};
	TRY(get(l, "", OFFER_MAX, known.etag, &a, err));
	if (a.status == 304) {
		*ret_offer = known;
		return STATUS_OK;
	}
	if (strcmp(a.type, "application/json") != 0)
		return err_refuse(
		    err, UPDATE_WHY(UPDATE_OFFER), "the answer is '%s', not JSON", a.type);
	TRY(update_offer_read(&u->config, buf_span(&a.body), &u->said, &news, err));
	news.etag = a.etag[0] ? arena_strdup(&u->said, a.etag) : NULL;
	*ret_offer = news;
	return update_offer_save(u, &news, err);
}

/* ---- what follows from it ---- */

static struct status follow_trust(struct line *l, int64_t offered, struct err *err)
{
	struct signet_update *u = l->update;

	for (int i = 0; i < STATEMENTS_MAX; i++) {
		struct boot_state state;
		AUTO(answer) a = {0};
		char rest[48];

		TRY(update_state(u, &state, err));
		if (state.trust.number >= (uint64_t)offered)
			return STATUS_OK;
		snprintf(rest, sizeof(rest), "/trust?after=%" PRIu64, state.trust.number);
		TRY(get(l, rest, TRUST_SIZE_MAX, NULL, &a, err));
		TRY(update_take_up(u, BOOT_FILE_TRUST, buf_span(&a.body), err));
		TRY(update_state(u, &state, err));
		update_progress(u, "trust statement %" PRIu64 " is in force", state.trust.number);
	}
	return STATUS_OK;
}

static struct status follow_recall(struct line *l, int64_t offered, struct err *err)
{
	struct signet_update *u = l->update;
	struct boot_state state;
	AUTO(answer) a = {0};

	TRY(update_state(u, &state, err));
	if (state.recall.number >= (uint64_t)offered)
		return STATUS_OK;
	TRY(get(l, "/recall", RECALL_SIZE_MAX, NULL, &a, err));
	TRY(update_take_up(u, BOOT_FILE_RECALL, buf_span(&a.body), err));
	update_progress(u, "recall list %" PRId64 " is in force", offered);
	return STATUS_OK;
}

/*
 * A file whose digest the state holds and that is in neither place any more: what the server has of
 * that number is taken up if it is the very same.
 */
static struct status heal(struct line *l, struct err *err)
{
	struct signet_update *u = l->update;
	struct boot_state state;
	struct span octets;
	AUTO(answer) trust = {0};
	AUTO(answer) recall = {0};
	char rest[48];

	TRY(update_state(u, &state, err));
	if (!update_in_force(u, BOOT_FILE_TRUST, &state.trust, &octets)) {
		update_progress(u, "the trust statement in force is lost; it is fetched again");
		snprintf(rest, sizeof(rest), "/trust?after=%" PRIu64, state.trust.number - 1);
		TRY(get(l, rest, TRUST_SIZE_MAX, NULL, &trust, err));
		TRY(update_take_up(u, BOOT_FILE_TRUST, buf_span(&trust.body), err));
	}
	if (!state.recall.number || update_in_force(u, BOOT_FILE_RECALL, &state.recall, &octets))
		return STATUS_OK;
	update_progress(u, "the recall list in force is lost; it is fetched again");
	TRY(get(l, "/recall", RECALL_SIZE_MAX, NULL, &recall, err));
	return update_take_up(u, BOOT_FILE_RECALL, buf_span(&recall.body), err);
}

static struct status ask(struct line *l, struct update_offer *ret_offer, struct err *err)
{
	TRY(fetch_offer(l, ret_offer, err));
	TRY(heal(l, err));
	TRY(follow_trust(l, ret_offer->trust_version, err));
	return follow_recall(l, ret_offer->recall_number, err);
}

struct status update_ask(struct signet_update *u, struct signet_device *d,
    struct update_offer *ret_offer, struct err *err)
{
	AUTO(line) l = {.update = u, .device = d};

	TRY(line_open(&l, err));
	return ask(&l, ret_offer, err);
}

static struct status fetch_bundle_once(
    struct line *l, const struct update_offer *offer, struct buf *out, struct err *err)
{
	AUTO(answer) a = {0};
	char digest[2 * SHA256_SIZE + 1];
	struct digest d;

	TRY(get(l, "/bundle", BUNDLE_SIZE_MAX, NULL, &a, err));
	d = sha256(buf_span(&a.body));
	hex_text(SPAN_OF(d.bytes), digest);
	if (!offer->bundle_digest || strcmp(digest, offer->bundle_digest) != 0)
		return err_refuse(err, UPDATE_WHY(UPDATE_CHANGED),
		    "the bundle is not the one that was offered a moment ago");
	*out = buf_take(&a.body);
	return STATUS_OK;
}

/* A release may be published between two questions: then the whole is asked anew. */
struct status update_fetch_bundle(struct signet_update *u, struct signet_device *d,
    const struct update_offer *offer, struct buf *out, struct err *err)
{
	struct update_offer latest = *offer;
	AUTO(line) l = {.update = u, .device = d};

	TRY(line_open(&l, err));
	for (int try = 1;; try++) {
		struct err why = {0};

		if (fetch_bundle_once(&l, &latest, out, &why).ok)
			return STATUS_OK;
		if (try == FETCH_TRIES || !update_reason_is(&why, WHY_UPDATE_CHANGED)) {
			*err = why;
			return STATUS_FAILED;
		}
		TRY(ask(&l, &latest, err));
	}
}

/* ---- check ---- */

static struct status describe(struct signet_update *u, const struct update_offer *offer,
    struct signet_update_offer *ret, struct err *err)
{
	struct boot_state state;
	struct recall recall;
	bool listed;

	TRY(update_state(u, &state, err));
	TRY(update_recall(u, &state, &recall, &listed, err));
	*ret = (struct signet_update_offer){.sequence = (uint64_t)offer->sequence,
	    .version = offer->version,
	    .here = state.confirmed.slot == BOOT_NO_SLOT ? 0 : state.confirmed.sequence,
	    .trust_version = state.trust.number,
	    .recall_number = state.recall.number};
	ret->newer = ret->sequence > ret->here && ret->sequence >= state.counter &&
		     !(listed && recall_has(&recall, ret->sequence));
	ret->must_leave = listed && ret->here && recall_has(&recall, ret->here);
	if (!ret->must_leave)
		return STATUS_OK;
	ret->successor = recall.has_successor ? recall.successor : 0;
	if (recall.successor_version.p)
		ret->successor_version = arena_strndup(
		    &u->said, (const char *)recall.successor_version.p, recall.successor_version.n);
	return STATUS_OK;
}

static struct status check(struct signet_update *u, struct signet_device *d,
    struct signet_update_offer *ret_offer, struct err *err)
{
	struct update_offer offer = {0};

	TRY(update_lock(u, err));
	TRY(update_ask(u, d, &offer, err));
	return describe(u, &offer, ret_offer, err);
}

enum signet_result signet_update_check(struct signet_update *u, struct signet_device *device,
    struct signet_update_offer *ret_offer, struct signet_reason *ret_reason)
{
	struct err err = {0};

	arena_free(&u->said);
	device->said = (struct est_said){0};
	return update_finish(u, device, check(u, device, ret_offer, &err), &err, ret_reason);
}
