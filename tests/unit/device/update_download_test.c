/* Images by HTTP: going on with what was cut, beginning anew, and what is not taken. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "tests/lib/files.h"
#include "tests/unit/device/update_rig.h"

#define IMAGE_SIZE ((size_t)200000)

/* A release whose image is served. */
struct served {
	struct update_rig *rig;
	struct files files;
	struct buf image;
};

static void put_noise(struct buf *out, size_t n, uint32_t seed)
{
	while (n--) {
		seed = seed * 1664525 + 1013904223;
		buf_put_byte(out, (uint8_t)(seed >> 24));
	}
}

static struct served *served_new(void)
{
	struct served *s = mem_alloc(sizeof(*s));
	struct maker_component c = {.id = "main"};
	const struct maker_release one = {.sequence = 1, .components = &c, .component_count = 1};

	unsetenv("http_proxy");
	s->rig = update_rig_new(NULL);
	put_noise(&s->image, IMAGE_SIZE, 1);
	s->files.body = buf_span(&s->image);
	files_start(&s->files, 0);
	c.image = buf_span(&s->image);
	c.uri = s->files.url;
	update_rig_bundle(s->rig, &one);
	return s;
}

static void served_free(struct served *s)
{
	files_stop(&s->files);
	buf_free(&s->image);
	update_rig_free(s->rig);
	free(s);
}

static enum signet_result install(struct served *s)
{
	return update_rig_install(s->rig, NULL);
}

static enum signet_result install_once(struct served *s)
{
	return update_rig_install(
	    s->rig, &(struct signet_update_install){.patience = {.attempts = 1}});
}

static void assert_installed(struct served *s)
{
	cr_assert_eq(install(s), SIGNET_DONE, "%s: %s", s->rig->why.code, s->rig->why.text);
	cr_assert_eq(update_rig_boot(s->rig), SIGNET_DONE, "%s", s->rig->why.text);
	cr_assert_eq(s->rig->start.image.sequence, 1);
}

static void assert_refused(struct served *s, enum signet_result result, const char *code)
{
	cr_assert_eq(install(s), result, "%s: %s", s->rig->why.code, s->rig->why.text);
	cr_assert_str_eq(s->rig->why.code, code, "%s", s->rig->why.text);
	cr_assert_eq(update_rig_boot(s->rig), SIGNET_BAD_UPDATE, "nothing may start");
}

Test(update_download, image_is_fetched_once)
{
	struct served *s = served_new();

	assert_installed(s);
	cr_assert_eq(s->files.requests, 1);
	cr_assert_eq(s->files.octets, IMAGE_SIZE);
	served_free(s);
}

Test(update_download, connection_that_breaks_is_gone_on_with)
{
	struct served *s = served_new();

	s->files.cut_after = 60000;
	s->files.cuts = 3;
	assert_installed(s);
	cr_assert_eq(s->files.ranges, 3);
	cr_assert_eq(s->files.octets, IMAGE_SIZE, "no octet twice");
	served_free(s);
}

Test(update_download, next_run_goes_on_where_the_last_was_cut)
{
	struct served *s = served_new();

	s->files.cut_after = 70000;
	s->files.cuts = 1;
	cr_assert_eq(install_once(s), SIGNET_NETWORK, "%s", s->rig->why.text);
	cr_assert_str_eq(s->rig->why.code, "download.failed");
	assert_installed(s);
	cr_assert_eq(s->files.ranges, 1);
	cr_assert_eq(s->files.octets, IMAGE_SIZE, "no octet twice");
	served_free(s);
}

Test(update_download, server_that_cannot_go_on_begins_anew)
{
	static const struct {
		const char *name;
		bool no_ranges, no_etag, weak;
		const char *etag;
	} rows[] = {
	    {"no ranges", .no_ranges = true},
	    {"no entity tag", .no_etag = true},
	    {"a weak entity tag", .weak = true},
	    {"an entity tag with another header in it", .etag = "\"a\rX-Other: b\""},
	    {"an entity tag with a quote in it", .etag = "\"a\"b\""},
	    {"an entity tag that does not end", .etag = "\"ab"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct served *s = served_new();

		s->files.no_ranges = rows[i].no_ranges;
		s->files.no_etag = rows[i].no_etag;
		s->files.weak_etag = rows[i].weak;
		s->files.etag = rows[i].etag;
		s->files.cut_after = 60000;
		s->files.cuts = 1;
		assert_installed(s);
		cr_assert_eq(s->files.ranges, 0, "%s", rows[i].name);
		cr_assert_eq(s->files.octets, IMAGE_SIZE + 60000, "%s", rows[i].name);
		served_free(s);
	}
}

Test(update_download, file_that_was_replaced_meanwhile_begins_anew)
{
	struct served *s = served_new();
	AUTO(buf) other = {0};

	put_noise(&other, IMAGE_SIZE, 2);
	s->files.body = buf_span(&other);
	s->files.cut_after = 60000;
	s->files.cuts = 1;
	cr_assert_eq(install_once(s), SIGNET_NETWORK);
	s->files.body = buf_span(&s->image);
	assert_installed(s);
	cr_assert_eq(s->files.ranges, 0, "the tag did not fit");
	served_free(s);
}

Test(update_download, what_was_damaged_on_the_disk_is_fetched_anew)
{
	struct served *s = served_new();
	char command[256];

	s->files.cut_after = 60000;
	s->files.cuts = 1;
	cr_assert_eq(install_once(s), SIGNET_NETWORK);
	snprintf(command, sizeof(command),
	    "printf XXXX | dd of=%s/slot-a/image-0 conv=notrunc status=none bs=1 seek=1000",
	    s->rig->directory);
	cr_assert_eq(system(command), 0);
	assert_installed(s);
	cr_assert_eq(s->files.octets, 2 * IMAGE_SIZE, "the rest, and then all of it");
	served_free(s);
}

Test(update_download, size_bombs_are_refused_at_once)
{
	struct served *s = served_new();
	char path[160];
	struct stat st;

	s->files.more = (size_t)64 << 20;
	assert_refused(s, SIGNET_BAD_UPDATE, "update.size");
	snprintf(path, sizeof(path), "%s/slot-a/image-0", s->rig->directory);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_size, 0, "the length alone was enough");
	s->files.chunked = true;
	assert_refused(s, SIGNET_BAD_UPDATE, "update.size");
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_leq((size_t)st.st_size, IMAGE_SIZE, "not an octet more than the manifest says");
	served_free(s);
}

Test(update_download, truncated_and_swapped_images_are_refused)
{
	struct served *s = served_new();
	AUTO(buf) other = {0};

	s->files.body = span(s->image.p, IMAGE_SIZE - 1);
	assert_refused(s, SIGNET_BAD_UPDATE, "suit.image");
	put_noise(&other, IMAGE_SIZE, 2);
	s->files.body = buf_span(&other);
	assert_refused(s, SIGNET_BAD_UPDATE, "suit.image");
	s->files.body = SPAN_LITERAL("");
	assert_refused(s, SIGNET_BAD_UPDATE, "suit.image");
	s->files.body = buf_span(&s->image);
	assert_installed(s);
	served_free(s);
}

Test(update_download, another_part_than_was_asked_for_is_not_taken)
{
	struct served *s = served_new();

	s->files.cut_after = 60000;
	s->files.cuts = 1;
	s->files.wrong_range = true;
	assert_refused(s, SIGNET_NETWORK, "download.failed");
	s->files.wrong_range = false;
	assert_installed(s);
	served_free(s);
}

Test(update_download, server_that_says_later_is_asked_again)
{
	struct served *s = served_new();

	s->files.fail = 2;
	s->files.status = 503;
	assert_installed(s);
	cr_assert_eq(s->rig->sleeps, 2);
	served_free(s);
}

Test(update_download, server_that_has_it_not_is_told_of)
{
	struct served *s = served_new();

	s->files.fail = 1;
	s->files.status = 404;
	assert_refused(s, SIGNET_BAD_ANSWER, "download.refused");
	cr_assert_eq(s->rig->sleeps, 0, "asking again does not help");
	served_free(s);
}

Test(update_download, redirects_are_followed_to_the_web_only)
{
	struct served *s = served_new();
	struct files other = {.body = s->files.body};

	files_start(&other, 0);
	s->files.redirect = "file:///etc/passwd";
	assert_refused(s, SIGNET_BAD_ANSWER, "download.refused");
	s->files.redirect = s->files.url;
	assert_refused(s, SIGNET_BAD_ANSWER, "download.refused");
	s->files.redirect = other.url;
	assert_installed(s);
	cr_assert_eq(other.octets, IMAGE_SIZE);
	files_stop(&other);
	served_free(s);
}

Test(update_download, uri_of_another_scheme_is_refused)
{
	static const char *const uris[] = {"file:///etc/passwd", "ftp://127.0.0.1/x", "fw.bin",
	    "HTTP://127.0.0.1/", "http:/127.0.0.1/"};
	struct served *s = served_new();

	for (size_t i = 0; i < COUNT(uris); i++) {
		struct maker_component c = {
		    .id = "main", .image = buf_span(&s->image), .uri = uris[i]};
		const struct maker_release one = {
		    .sequence = 1, .components = &c, .component_count = 1};

		update_rig_bundle(s->rig, &one);
		cr_assert_eq(install(s), SIGNET_BAD_ARGUMENT, "%s", uris[i]);
		cr_assert_str_eq(s->rig->why.code, "update.uri", "%s", uris[i]);
	}
	served_free(s);
}

/* A limit on the size of files stands in for a disk that is full. */
Test(update_download, no_room_is_said_and_gone_on_from)
{
	struct served *s = served_new();
	const struct rlimit small = {100000, 100000};
	int status = 0;
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (child == 0) {
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &small);
		_exit(install(s) == SIGNET_STORE_FAILED &&
			      strcmp(s->rig->why.code, "update.full") == 0
			  ? 0
			  : 1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_installed(s);
	cr_assert_eq(s->files.ranges, 1, "it goes on where the room ended");
	served_free(s);
}

struct arrivals {
	int count;
	uint64_t last, of;
};

static void note_arrival(void *context, const char *component, uint64_t octets, uint64_t of)
{
	struct arrivals *a = context;

	cr_assert_str_eq(component, "main");
	cr_assert_gt(octets, a->last);
	*a = (struct arrivals){a->count + 1, octets, of};
}

Test(update_download, arrival_is_told_of)
{
	struct served *s = served_new();
	struct arrivals a = {0};

	cr_assert_eq(update_rig_install(s->rig,
			 &(struct signet_update_install){.arrived = note_arrival, .context = &a}),
	    SIGNET_DONE);
	cr_assert_gt(a.count, 0);
	cr_assert_eq(a.last, IMAGE_SIZE);
	cr_assert_eq(a.of, IMAGE_SIZE);
	served_free(s);
}
