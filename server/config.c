#include "server/config.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "server/listen.h"

/* A configuration of a hundred directives has 5 KiB. */
#define CONFIG_SIZE_MAX ((size_t)256 << 10)

#define TEXT_OF(constant)  TEXT_OF_(constant)
#define TEXT_OF_(constant) #constant

#define AT(member)          offsetof(struct config, member)
#define SECONDS_UP_TO_A_DAY .min = 1, .max = 86400

/* In the order of the enums. */
static const char *const formats[] = {"text", "json", NULL};
static const char *const levels[] = {"debug", "info", "warn", "error", NULL};

/* clang-format off */
static const struct field listener_fields[] = {
	{.name = "device", .type = FIELD_STR, .offset = AT(listeners[0]), .standard = "[::]:8443",
	    .help = "EST and updates: TLS, client certificates"},
	{.name = "operator", .type = FIELD_STR, .offset = AT(listeners[1]), .standard = "[::1]:9443",
	    .help = "API, health and metrics: TLS; this machine only, unless said otherwise"},
	{.name = "public", .type = FIELD_STR, .offset = AT(listeners[2]), .standard = "[::]:8080",
	    .help = "certificates of issuers: clear text"},
	{.name = "pages", .type = FIELD_STR, .offset = AT(listeners[3]), .standard = "off",
	    .help = "public pages: TLS; this version has none to show"},
	{.name = NULL},
};

static const struct field database_fields[] = {
	{.name = "server", .type = FIELD_STR, .offset = AT(database.server), .required = true, .min = 1,
	    .help = "libpq connection string of the role that serves"},
	{.name = "owner", .type = FIELD_STR, .offset = AT(database.owner),
	    .help = "of the role that owns the schema; for migrate, restore and log alone"},
	{.name = "statement_timeout", .type = FIELD_SECONDS, .offset = AT(database.statement_timeout),
	    .standard = "10s", SECONDS_UP_TO_A_DAY, .help = "a statement that takes longer is given up"},
	{.name = NULL},
};

static const struct field keys_fields[] = {
	{.name = "directory", .type = FIELD_STR, .offset = AT(keys.directory), .min = 1,
	    .help = "key files, mode 0700; standard: keys in the state directory"},
	{.name = "passphrase_file", .type = FIELD_STR, .offset = AT(keys.passphrase_file), .min = 1,
	    .help = "standard: the systemd credential signet-key-passphrase"},
	{.name = NULL},
};

static const struct field tls_fields[] = {
	{.name = "names", .type = FIELD_STR_LIST, .offset = AT(tls.names), .max = 32,
	    .help = "DNS names in the server's certificate; standard: localhost and the host's name"},
	{.name = "addresses", .type = FIELD_STR_LIST, .offset = AT(tls.addresses), .max = 32,
	    .help = "IP addresses in the server's certificate"},
	{.name = "authority", .type = FIELD_STR, .offset = AT(tls.authority), .standard = "issuing",
	    .min = 1, .help = "the authority that issues the server's certificate"},
	{.name = "node", .type = FIELD_STR, .offset = AT(tls.node), .min = 1, .max = 64,
	    .help = "name of this node's key; standard: the host's name"},
	{.name = "renew_before", .type = FIELD_SECONDS, .offset = AT(tls.renew_before),
	    .standard = "10d", .min = 3600, .max = 25 * 86400,
	    .help = "time before its end at which the certificate is renewed"},
	{.name = NULL},
};

#define LIMIT(member, constant, least, most, text)                                                 \
	{.name = #member, .type = FIELD_INT, .offset = AT(limits.member),                          \
	    .standard = TEXT_OF(constant), .min = least, .max = most, .help = text}
#define LIMIT_TIME(member, constant, text)                                                         \
	{.name = #member "_timeout", .type = FIELD_SECONDS, .offset = AT(limits.member##_seconds), \
	    .standard = TEXT_OF(constant) "s", SECONDS_UP_TO_A_DAY, .help = text}

static const struct field limit_fields[] = {
	LIMIT(connections, LIMIT_CONNECTIONS, 1, 1000000, "open at once, on all listeners"),
	LIMIT(handshake_rate, LIMIT_HANDSHAKE_RATE, 0, 1000000,
	    "new connections a second from one address (IPv6: from one /64); 0: no limit"),
	LIMIT(handshake_burst, LIMIT_HANDSHAKE_BURST, 1, 1000000, "and so many at once"),
	LIMIT(requests_per_address, LIMIT_REQUESTS_PER_ADDRESS, 0, 1000000,
	    "of one address (IPv6: of one /64), waiting or being worked on; more are answered 503; 0: no limit"),
	LIMIT(header_bytes, LIMIT_HEADER_BYTES, 1024, 1048576, "request line and headers"),
	LIMIT(body_bytes, LIMIT_BODY_BYTES, 1024, 1073741824, "of any request; routes have lower bounds"),
	LIMIT_TIME(handshake, LIMIT_HANDSHAKE_SECONDS, "for the TLS handshake"),
	LIMIT_TIME(header, LIMIT_HEADER_SECONDS, "from the first byte of a request to its last header"),
	LIMIT_TIME(body, LIMIT_BODY_SECONDS, "for the body"),
	LIMIT_TIME(idle, LIMIT_IDLE_SECONDS, "between requests"),
	LIMIT_TIME(write, LIMIT_WRITE_SECONDS, "without progress while an answer is sent"),
	{.name = NULL},
};

static const struct field fetch_fields[] = {
	{.name = "ca_file", .type = FIELD_STR, .offset = AT(fetch.ca_file), .min = 1,
	    .help = "PEM of further authorities that other servers' certificates may come from"},
	{.name = "insecure_loopback_http", .type = FIELD_BOOL,
	    .offset = AT(fetch.insecure_loopback_http), .standard = "false",
	    .help = "let http:// URLs of this machine itself be asked, for trials"},
	{.name = NULL},
};

static const struct field log_fields[] = {
	{.name = "format", .type = FIELD_ENUM, .offset = AT(log.format), .standard = "text",
	    .names = formats, .help = "for people or for machines"},
	{.name = "level", .type = FIELD_ENUM, .offset = AT(log.level), .standard = "info",
	    .names = levels, .help = "what lies below is left out"},
	{.name = NULL},
};

const struct field config_fields[] = {
	{.name = "listeners", .type = FIELD_MAP, .sub = listener_fields, .help = "address:port, or off"},
	{.name = "database", .type = FIELD_MAP, .sub = database_fields, .required = true,
	    .help = "PostgreSQL"},
	{.name = "keys", .type = FIELD_MAP, .sub = keys_fields, .help = "private keys"},
	{.name = "tls", .type = FIELD_MAP, .sub = tls_fields, .help = "the server's own certificate"},
	{.name = "loops", .type = FIELD_INT, .offset = AT(loops), .max = 256,
	    .help = "event loops; standard: one per core"},
	{.name = "workers", .type = FIELD_INT, .offset = AT(workers), .max = 1024,
	    .help = "workers, each with a database connection; standard: four per core"},
	{.name = "queue", .type = FIELD_INT, .offset = AT(queue), .standard = "256", .min = 1,
	    .max = 65536, .help = "requests that wait for a worker; more are answered 503"},
	{.name = "drain", .type = FIELD_SECONDS, .offset = AT(drain), .standard = "20s", .max = 3600,
	    .help = "time for open requests when the server stops"},
	{.name = "limits", .type = FIELD_MAP, .sub = limit_fields, .help = "what strangers may take"},
	{.name = "fetch", .type = FIELD_MAP, .sub = fetch_fields,
	    .help = "asking other servers: key sets of OIDC issuers, witnesses of the log"},
	{.name = "log", .type = FIELD_MAP, .sub = log_fields, .help = "standard error"},
	{.name = "public_url", .type = FIELD_STR, .offset = AT(public_url), .min = 1, .max = 512,
	    .help = "where the public listener is reached, for auditors of the log: http://pki.example"},
	{.name = "state_directory", .type = FIELD_STR, .offset = AT(state_directory),
	    .standard = "/var/lib/signet", .min = 1, .help = "what the server keeps beside the database"},
	{.name = "user", .type = FIELD_STR, .offset = AT(user), .min = 1,
	    .help = "who to become when started as root"},
	{.name = "ports_file", .type = FIELD_STR, .offset = AT(ports_file), .min = 1,
	    .help = "gets the ports in use, as shell variables"},
	{.name = NULL},
};
/* clang-format on */

static struct status check_listeners(const struct config *c, struct err *err)
{
	struct listen_address address;

	for (size_t i = 0; i < CONFIG_LISTENERS; i++)
		TRY(listen_parse(c->listeners[i], &address, err));
	return STATUS_OK;
}

/* Standards that follow from others or from the machine. */
static void fill_in(struct config *c)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	char host[65] = "localhost";

	if (gethostname(host, sizeof(host) - 1) != 0 || !host[0])
		strcpy(host, "localhost");
	if (cores < 1)
		cores = 1;
	if (!c->loops)
		c->loops = cores;
	if (!c->workers)
		c->workers = cores * 4;
	if (!c->keys.directory)
		c->keys.directory = arena_printf(&c->arena, "%s/keys", c->state_directory);
	if (!c->tls.node)
		c->tls.node = arena_strdup(&c->arena, host);
	if (c->tls.names.count > 0 || c->tls.addresses.count > 0)
		return;
	c->tls.names.items = arena_alloc(&c->arena, 2 * sizeof(char *));
	c->tls.names.items[c->tls.names.count++] = arena_strdup(&c->arena, "localhost");
	if (strcmp(host, "localhost") != 0)
		c->tls.names.items[c->tls.names.count++] = arena_strdup(&c->arena, host);
}

/* It becomes part of a file's name. */
static bool node_is_plain(const char *node)
{
	return node[0] != '.' && strspn(node, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					      "0123456789._-") == strlen(node);
}

static struct status bind_file(
    const char *name, struct span text, struct config *c, struct err *err)
{
	AUTO(doc_file) file = {0};

	TRY(doc_parse(name, text, &file, err));
	if (file.count != 1)
		return err_set(
		    err, ERR_CONFIG, "%s: %zu documents; one is wanted", name, file.count);
	TRY(doc_bind(name, file.documents[0], config_fields, c, &c->arena, err));
	fill_in(c);
	if (!node_is_plain(c->tls.node))
		return err_set(err, ERR_CONFIG, "%s: tls.node '%s': letters, digits, '.', '_', '-'",
		    name, c->tls.node);
	return check_listeners(c, err);
}

struct status config_parse(
    const char *name, struct span text, struct config *ret_config, struct err *err)
{
	struct config c = {0};
	struct status bound = bind_file(name, text, &c, err);

	if (bound.ok)
		*ret_config = c;
	else
		config_free(&c);
	return bound;
}

struct status config_read(const char *path, struct config *ret_config, struct err *err)
{
	AUTO(buf) text = {0};

	TRY(file_read(path, CONFIG_SIZE_MAX, &text, err));
	return config_parse(path, buf_span(&text), ret_config, err);
}

void config_free(struct config *c)
{
	arena_free(&c->arena);
	*c = (struct config){0};
}
