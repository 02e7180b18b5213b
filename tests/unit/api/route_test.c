#include <criterion/criterion.h>

#include "api/route.h"
#include "api/http.h"

struct found {
	const char *name;
	enum listener_kind listener;
	enum http_method method;
	const char *path;
	const char *want_pattern; /* NULL: refused */
	const char *want_segment;
	const char *want_code;
	const char *want_allow;
};

#define EST "/.well-known/est/"

/* 2048 characters: the most that a value at the end of a path may have. */
#define TIMES_8(text) text text text text text text text text
#define LONGEST       TIMES_8(TIMES_8(TIMES_8("abcd")))

static const struct found finds[] = {
    {"unlabelled", LISTENER_DEVICE, HTTP_GET, EST "cacerts", EST "cacerts", NULL, NULL, NULL},
    {"labelled", LISTENER_DEVICE, HTTP_GET, EST "x/cacerts", EST "{label}/cacerts", "x", NULL,
	NULL},
    {"head goes where get goes", LISTENER_DEVICE, HTTP_HEAD, EST "csrattrs", EST "csrattrs", NULL,
	NULL, NULL},
    {"label with a space", LISTENER_DEVICE, HTTP_POST, EST "a b/simpleenroll",
	EST "{label}/simpleenroll", "a b", NULL, NULL},
    {"wrong method", LISTENER_DEVICE, HTTP_GET, EST "simpleenroll", NULL, NULL, "http.method",
	"POST"},
    {"wrong method of a get", LISTENER_DEVICE, HTTP_DELETE, EST "x/cacerts", NULL, NULL,
	"http.method", "GET, HEAD"},
    {"unknown method", LISTENER_DEVICE, HTTP_OTHER, "/healthz", NULL, NULL, "http.method",
	"GET, HEAD"},
    {"empty label", LISTENER_DEVICE, HTTP_GET, EST "/cacerts", NULL, NULL, "http.path", NULL},
    {"two labels", LISTENER_DEVICE, HTTP_GET, EST "a/b/cacerts", NULL, NULL, "http.path", NULL},
    {"trailing slash", LISTENER_DEVICE, HTTP_GET, EST "cacerts/", NULL, NULL, "http.path", NULL},
    {"prefix of a path", LISTENER_DEVICE, HTTP_GET, "/.well-known/est", NULL, NULL, "http.path",
	NULL},
    {"longer operation", LISTENER_DEVICE, HTTP_GET, EST "cacertsx", NULL, NULL, "http.path", NULL},
    {"other case", LISTENER_DEVICE, HTTP_GET, EST "CACerts", NULL, NULL, "http.path", NULL},
    {"root", LISTENER_DEVICE, HTTP_GET, "/", NULL, NULL, "http.path", NULL},
    {"empty path", LISTENER_DEVICE, HTTP_GET, "", NULL, NULL, "http.path", NULL},
    {"star", LISTENER_DEVICE, HTTP_GET, "*", NULL, NULL, "http.path", NULL},
    {"est on the public listener", LISTENER_PUBLIC, HTTP_GET, EST "cacerts", NULL, NULL,
	"http.path", NULL},
    {"metrics on the device listener", LISTENER_DEVICE, HTTP_GET, "/metrics", NULL, NULL,
	"http.path", NULL},
    {"metrics", LISTENER_OPERATOR, HTTP_GET, "/metrics", "/metrics", NULL, NULL, NULL},
    {"issuer", LISTENER_PUBLIC, HTTP_GET, "/ca/issuing.cer", "/ca/{name}.cer", "issuing", NULL,
	NULL},
    {"issuer with a dot", LISTENER_PUBLIC, HTTP_GET, "/ca/a.cer.cer", "/ca/{name}.cer", "a.cer",
	NULL, NULL},
    {"issuer without a name", LISTENER_PUBLIC, HTTP_GET, "/ca/.cer", NULL, NULL, "http.path", NULL},
    {"tile", LISTENER_PUBLIC, HTTP_GET, "/log/tile/0/x001/234", "/log/tile/{path...}", "0/x001/234",
	NULL, NULL},
    {"tile of a short path", LISTENER_OPERATOR, HTTP_HEAD, "/log/tile/x", "/log/tile/{path...}",
	"x", NULL, NULL},
    {"tile without a path", LISTENER_PUBLIC, HTTP_GET, "/log/tile/", NULL, NULL, "http.path", NULL},
    {"tile without a slash", LISTENER_PUBLIC, HTTP_GET, "/log/tile", NULL, NULL, "http.path", NULL},
    {"tile of a long path", LISTENER_PUBLIC, HTTP_GET, "/log/tile/" LONGEST "0", NULL, NULL,
	"http.path", NULL},
    {"ocsp", LISTENER_PUBLIC, HTTP_POST, "/ocsp", "/ocsp", NULL, NULL, NULL},
    {"ocsp by get, slashes kept", LISTENER_PUBLIC, HTTP_GET, "/ocsp//MEUw//x+=/",
	"/ocsp/{request...}", "/MEUw//x+=/", NULL, NULL},
    {"ocsp of the longest", LISTENER_PUBLIC, HTTP_HEAD, "/ocsp/" LONGEST, "/ocsp/{request...}",
	LONGEST, NULL, NULL},
    {"ocsp that is too long", LISTENER_PUBLIC, HTTP_GET, "/ocsp/" LONGEST "0", NULL, NULL,
	"http.path", NULL},
    {"ocsp by get without a request", LISTENER_PUBLIC, HTTP_GET, "/ocsp", NULL, NULL, "http.method",
	"POST"},
    {"ocsp on the device listener", LISTENER_DEVICE, HTTP_POST, "/ocsp", NULL, NULL, "http.path",
	NULL},
    {"tile to be written", LISTENER_PUBLIC, HTTP_PUT, "/log/tile/0/000", NULL, NULL, "http.method",
	"GET, HEAD"},
    {"log on the device listener", LISTENER_DEVICE, HTTP_GET, "/log/checkpoint", NULL, NULL,
	"http.path", NULL},
    {"issuer of another type", LISTENER_PUBLIC, HTTP_GET, "/ca/issuing.pem", NULL, NULL,
	"http.path", NULL},
};

static void check(const struct found *f)
{
	AUTO(arena) arena = {0};
	const struct route *route = NULL;
	const char *segment = NULL, *allow = NULL;
	struct err err = {0};
	bool ok =
	    route_find(f->listener, f->method, f->path, &arena, &route, &segment, &allow, &err).ok;

	cr_expect_eq(ok, f->want_pattern != NULL, "%s: %s", f->name, err.message);
	if (ok) {
		cr_expect_str_eq(route->path, f->want_pattern, "%s: %s", f->name, route->path);
		cr_expect_eq(segment == NULL, f->want_segment == NULL, "%s", f->name);
		if (segment && f->want_segment)
			cr_expect_str_eq(segment, f->want_segment, "%s: %s", f->name, segment);
		return;
	}
	cr_expect_str_eq(err_code(&err), f->want_code, "%s: %s", f->name, err_code(&err));
	cr_expect_eq(allow == NULL, f->want_allow == NULL, "%s", f->name);
	if (allow && f->want_allow)
		cr_expect_str_eq(allow, f->want_allow, "%s: %s", f->name, allow);
}

Test(api_route, finds_what_is_served_and_nothing_else)
{
	for (size_t i = 0; i < COUNT(finds); i++)
		check(&finds[i]);
}

Test(api_route, an_overlong_label_is_not_served)
{
	AUTO(arena) arena = {0};
	AUTO(buf) path = {0};
	const struct route *route;
	const char *segment, *allow = NULL;
	struct err err = {0};

	buf_put_str(&path, EST);
	for (int i = 0; i < 129; i++)
		buf_put_byte(&path, 'a');
	buf_put_str(&path, "/cacerts");
	cr_assert_not(route_find(
	    LISTENER_DEVICE, HTTP_GET, buf_cstr(&path), &arena, &route, &segment, &allow, &err)
			  .ok);
	cr_expect_eq(err.kind, ERR_MISSING);
}

Test(api_route, every_row_is_whole)
{
	for (const struct route *r = routes; r->path; r++) {
		cr_expect(
		    r->permission && r->handler && r->error_shape && r->summary, "%s", r->path);
		/* A POST has a body, but for the one that says all by who sends it. */
		cr_expect_eq(
		    r->method == HTTP_POST && strcmp(r->path, "/.well-known/signet/reset") != 0,
		    r->body_max > 0, "%s", r->path);
		cr_expect_eq(r->body_max > 0, r->content_type != NULL, "%s", r->path);
	}
}

static const struct {
	const char *name, *type;
	bool want;
} types[] = {
    {"exact", "application/pkcs10", true},
    {"other case", "Application/PKCS10", true},
    {"parameters are ignored", "application/pkcs10; charset=utf-8", true},
    {"space before the parameters", "application/pkcs10 ;x=y", true},
    {"another type", "application/x-www-form-urlencoded", false},
    {"prefix", "application/pkcs1", false},
    {"longer", "application/pkcs10x", false},
    {"empty", "", false},
    {"none", NULL, false},
    {"parameter only", ";application/pkcs10", false},
};

Test(api_route, content_type_is_compared_without_its_parameters)
{
	AUTO(arena) arena = {0};
	const struct route *route = NULL;
	const char *segment, *allow;
	struct err found = {0};

	cr_assert(route_find(LISTENER_DEVICE, HTTP_POST, EST "simpleenroll", &arena, &route,
	    &segment, &allow, &found)
		      .ok);
	for (size_t i = 0; i < COUNT(types); i++) {
		struct err err = {0};

		cr_expect_eq(route_accepts(route, types[i].type, &err).ok, types[i].want, "%s",
		    types[i].name);
		if (!types[i].want)
			cr_expect_eq(http_status_of(err.kind), 415, "%s", types[i].name);
	}
}
