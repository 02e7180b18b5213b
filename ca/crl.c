/* ca/crl.c: see crl.h. */

#include "ca/crl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/der.h"
#include "ca/crl_lint.h"
#include "ca/extension.h"
#include "ca/general_name.h"

/*
 * The file: room for what stands in front, entries, what stands behind. The front is written so
 * that it ends where the entries begin; issuer names are held to less by profiles and lints.
 */
#define FRONT_SIZE ((size_t)65536)
#define WRITE_SIZE ((size_t)262144) /* at once; more gains nothing */
#define ENTRY_SIZE 96 /* the largest: serial 22, time 17, reason and invalidity date 42 octets */

struct crl_build {
	int fd;
	struct buf pending; /* entries that are not written yet */
	size_t written;     /* octets of entries in the file */
	int64_t entries;
	/* Many are revoked at one moment: its DER. */
	int64_t time;
	struct buf time_der;
};

/* ---- the file ---- */

static struct status open_file(const char *directory, int *ret_fd, struct err *err)
{
	AUTO(buf) path = {0};
	int fd;
	buf_printf(&path, "%s/crl.XXXXXX", directory);
	(void)buf_cstr(&path);
	fd = mkostemp((char *)path.p, O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_INTERNAL, "no file for a list in %s", directory);
	/* Nameless from here on: whatever ends the process, nothing is left. */
	(void)unlink((char *)path.p);
	*ret_fd = fd;
	return STATUS_OK;
}

static struct status write_at(int fd, struct span bytes, size_t at, struct err *err)
{
	while (bytes.n > 0) {
		ssize_t n = pwrite(fd, bytes.p, bytes.n, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, ERR_INTERNAL, "a list cannot be written");
		bytes = span(bytes.p + n, bytes.n - (size_t)n);
		at += (size_t)n;
	}
	return STATUS_OK;
}

static struct status flush(struct crl_build *b, struct err *err)
{
	TRY(write_at(b->fd, buf_span(&b->pending), FRONT_SIZE + b->written, err));
	b->written += b->pending.n;
	buf_reset(&b->pending);
	return STATUS_OK;
}

struct status crl_build_new(const char *directory, struct crl_build **ret_build, struct err *err)
{
	struct crl_build *b;
	int fd;
	TRY(open_file(directory, &fd, err));
	b = mem_alloc(sizeof(*b));
	b->fd = fd;
	b->time = -1;
	*ret_build = b;
	return STATUS_OK;
}

void crl_build_free(struct crl_build *b)
{
	if (!b)
		return;
	if (b->fd >= 0)
		close(b->fd);
	buf_free(&b->pending);
	buf_free(&b->time_der);
	free(b);
}

/* ---- entries ---- */

static void put_octets(struct buf *out, const void *p, size_t n)
{
	buf_put(out, span(p, n));
}

/* Extensions of an entry: reason code (5.3.1), invalidity date (5.3.2). Lengths fit one octet. */
static void put_entry_extensions(struct buf *out, const struct crl_entry *e)
{
	static const uint8_t reason_head[] = {
	    0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01};
	static const uint8_t date_head[] = {0x30, 0x18, 0x06, 0x03, 0x55, 0x1d, 0x18, 0x04, 0x11};
	const size_t reason = e->reason ? sizeof(reason_head) + 1 : 0;
	const size_t date = e->invalidity_at ? sizeof(date_head) + 17 : 0;
	/* "the reason code CRL entry extension SHOULD be absent instead of using the unspecified
	 * (0) reasonCode value" */
	if (reason + date == 0)
		return;
	buf_put_byte(out, DER_SEQUENCE);
	buf_put_byte(out, (uint8_t)(reason + date));
	if (reason) {
		put_octets(out, reason_head, sizeof(reason_head));
		buf_put_byte(out, (uint8_t)e->reason);
	}
	if (date) {
		put_octets(out, date_head, sizeof(date_head));
		der_put_generalized_time(out, e->invalidity_at);
	}
}

static void put_time(struct crl_build *b, int64_t when, struct buf *out)
{
	if (when != b->time) {
		buf_reset(&b->time_der);
		der_put_time(&b->time_der, when);
		b->time = when;
	}
	buf_put(out, buf_span(&b->time_der));
}

static bool entry_fits(const struct crl_entry *e)
{
	return e->serial.n >= 1 && e->serial.n <= 20 && e->reason >= 0 && e->reason <= 10 &&
	       e->reason != 7;
}

struct status crl_build_add(struct crl_build *b, const struct crl_entry *entry, struct err *err)
{
	struct buf *out = &b->pending;
	size_t start;
	if (!entry_fits(entry))
		return err_set(err, ERR_INTERNAL, "a serial number of %zu octets, reason %d",
		    entry->serial.n, entry->reason);
	if (out->n + ENTRY_SIZE > WRITE_SIZE)
		TRY(flush(b, err));
	buf_reserve(out, ENTRY_SIZE);
	start = out->n;
	buf_put_byte(out, DER_SEQUENCE);
	buf_put_byte(out, 0);
	der_put_unsigned(out, entry->serial);
	put_time(b, entry->revoked_at, out);
	put_entry_extensions(out, entry);
	out->p[start + 1] = (uint8_t)(out->n - start - 2);
	b->entries++;
	return STATUS_OK;
}

/* ---- what stands in front and behind ---- */

static void put_length(struct buf *out, size_t n)
{
	uint8_t octets[sizeof(n)];
	size_t count = 0;
	if (n < 0x80) {
		buf_put_byte(out, (uint8_t)n);
		return;
	}
	for (size_t rest = n; rest > 0; rest >>= 8)
		octets[count++] = (uint8_t)rest;
	buf_put_byte(out, (uint8_t)(0x80 | count));
	while (count > 0)
		buf_put_byte(out, octets[--count]);
}

static void put_head(struct buf *out, size_t n)
{
	buf_put_byte(out, DER_SEQUENCE);
	put_length(out, n);
}

/* TBSCertList up to the entries, without its own head. */
static void put_front(
    const struct crl_order *o, struct span algorithm, size_t entries, struct buf *out)
{
	der_put_uint(out, 1); /* v2 */
	buf_put(out, algorithm);
	buf_put(out, o->authority->subject);
	der_put_time(out, o->this_update);
	der_put_time(out, o->next_update);
	/* 5.1.2.6: "When there are no revoked certificates, the revoked certificates list MUST be
	 * absent." */
	if (entries > 0)
		put_head(out, entries);
}

static void put_number(struct buf *out, struct span oid, bool critical, int64_t number)
{
	AUTO(buf) value = {0};
	der_put_uint(&value, (uint64_t)number);
	extension_put(out, oid, critical, buf_span(&value));
}

static void put_extensions(const struct crl_order *o, struct buf *out)
{
	size_t tag = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0);
	size_t list = der_begin(out, DER_SEQUENCE);
	extension_put_authority_key_id(out, o->authority->ski);
	put_number(out, OID_CRL_NUMBER, false, o->number);
	if (o->base)
		put_number(out, OID_DELTA_CRL, true, o->base);
	if (o->point.n > 0)
		extension_put(out, OID_ISSUING_POINT, true, o->point);
	/* 5.2.6: "MUST NOT appear in delta CRLs" */
	if (o->freshest && !o->base)
		extension_put_freshest_crl(out, o->freshest);
	der_end(out, list);
	der_end(out, tag);
}

void crl_point_put(const char *const *urls, size_t count, struct buf *out)
{
	size_t point = der_begin(out, DER_SEQUENCE);
	size_t name = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0);
	size_t full_name = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0);
	for (size_t i = 0; i < count; i++)
		der_put(out, GENERAL_URI, span_str(urls[i]));
	der_end(out, full_name);
	der_end(out, name);
	der_end(out, point);
}

/* ---- signing ---- */

#define SIGNATURE_ROOM ((size_t)16384) /* ML-DSA-87 has 4,627 octets, RSA 1,024 at most */

/* The part to be signed, in the file; ret_at: where it starts. */
static struct status write_tbs(struct crl_build *b, const struct crl_order *o,
    struct span algorithm, size_t *ret_at, size_t *ret_size, struct err *err)
{
	AUTO(buf) front = {0};
	AUTO(buf) head = {0};
	AUTO(buf) extensions = {0};
	size_t size;
	TRY(flush(b, err));
	put_front(o, algorithm, b->written, &front);
	put_extensions(o, &extensions);
	size = front.n + b->written + extensions.n;
	put_head(&head, size);
	if (front.n + head.n + 16 > FRONT_SIZE)
		return err_set(err, ERR_INTERNAL, "the authority's name has %zu octets",
		    o->authority->subject.n);
	*ret_at = FRONT_SIZE - front.n - head.n;
	*ret_size = head.n + size;
	TRY(write_at(b->fd, buf_span(&head), *ret_at, err));
	TRY(write_at(b->fd, buf_span(&front), *ret_at + head.n, err));
	return write_at(b->fd, buf_span(&extensions), FRONT_SIZE + b->written, err);
}

static struct status map_file(
    struct crl_build *b, size_t size, struct crl_file *file, struct err *err)
{
	/* Reserved and not just set: a disk that is full is an error here, not a signal later. */
	int failed = posix_fallocate(b->fd, 0, (off_t)size);
	if (failed) {
		errno = failed;
		return err_errno(err, ERR_INTERNAL, "a list cannot be written");
	}
	file->map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd, 0);
	if (file->map == MAP_FAILED) {
		file->map = NULL;
		return err_errno(err, ERR_INTERNAL, "a list cannot be mapped");
	}
	file->map_size = size;
	return STATUS_OK;
}

/* Behind the signed part its signature, in front of it the head of all. */
static struct status wrap(struct crl_file *file, size_t at, size_t size, struct span algorithm,
    struct span signature, struct err *err)
{
	AUTO(buf) tail = {0};
	AUTO(buf) head = {0};
	uint8_t *map = file->map;
	buf_put(&tail, algorithm);
	der_put_bits(&tail, signature);
	put_head(&head, size + tail.n);
	if (tail.n > file->map_size - at - size || head.n > at)
		return err_set(err, ERR_INTERNAL, "a signature of %zu octets", signature.n);
	memcpy(map + at + size, tail.p, tail.n);
	memcpy(map + at - head.n, head.p, head.n);
	file->der = span(map + at - head.n, head.n + size + tail.n);
	return STATUS_OK;
}

/* Made elsewhere: then it must be over this very list. */
static struct status take_signature(
    const struct crl_order *o, struct span tbs, struct buf *signature, struct err *err)
{
	const struct key_algorithm *algorithm;
	EVP_PKEY *key;
	bool good;
	TRY(public_key_from_spki(o->authority->spki, &algorithm, &key, err));
	good = signature_verify(key, algorithm->signature, tbs, o->signature);
	EVP_PKEY_free(key);
	if (!good)
		return err_set(err, ERR_DENIED,
		    "the signature is not that of authority '%s' over the list as the store has it now",
		    o->authority->name);
	buf_put(signature, o->signature);
	return STATUS_OK;
}

struct status crl_build_sign(
    struct crl_build *b, const struct crl_order *order, struct crl_file *ret_file, struct err *err)
{
	AUTO(crl_file) file = {0};
	AUTO(buf) signature = {0};
	const struct key_algorithm *key;
	struct span algorithm;
	size_t at = 0, size = 0; /* set where it went well, which gcc does not see */
	struct span tbs;
	TRY(key_algorithm_of_spki(order->authority->spki, &key, err));
	algorithm = key->signature->identifier;
	TRY(write_tbs(b, order, algorithm, &at, &size, err));
	TRY(map_file(b, at + size + SIGNATURE_ROOM, &file, err));
	tbs = span((uint8_t *)file.map + at, size);
	(void)madvise(file.map, file.map_size, MADV_SEQUENTIAL);
	TRY(crl_lint(tbs, &(struct crl_lint_context){order->authority, order}, err));
	if (order->key)
		TRY(hsm_sign(order->key, tbs, &signature, err));
	else if (order->signature.n > 0)
		TRY(take_signature(order, tbs, &signature, err));
	file.der = tbs;
	if (signature.n > 0)
		TRY(wrap(&file, at, size, algorithm, buf_span(&signature), err));
	file.digest = sha256(file.der);
	file.entries = b->entries;
	*ret_file = file;
	file.map = NULL;
	return STATUS_OK;
}

void crl_file_free(struct crl_file *f)
{
	if (f && f->map)
		munmap(f->map, f->map_size);
	if (f)
		f->map = NULL;
}

/* ---- copies ---- */

struct crl_copy {
	int fd;
	size_t size;
};

struct status crl_copy_new(const char *directory, struct crl_copy **ret_copy, struct err *err)
{
	struct crl_copy *c;
	int fd;
	TRY(open_file(directory, &fd, err));
	c = mem_alloc(sizeof(*c));
	c->fd = fd;
	*ret_copy = c;
	return STATUS_OK;
}

struct status crl_copy_add(struct crl_copy *c, struct span piece, struct err *err)
{
	TRY(write_at(c->fd, piece, c->size, err));
	c->size += piece.n;
	return STATUS_OK;
}

struct status crl_copy_end(struct crl_copy *c, struct crl_file *ret_file, struct err *err)
{
	struct crl_file file = {.map_size = c->size};
	if (c->size == 0)
		return err_set(err, ERR_INTERNAL, "a list without bytes");
	file.map = mmap(NULL, c->size, PROT_READ, MAP_SHARED, c->fd, 0);
	if (file.map == MAP_FAILED)
		return err_errno(err, ERR_INTERNAL, "a list cannot be mapped");
	file.der = span(file.map, c->size);
	file.digest = sha256(file.der);
	/* Its pages stay with the kernel, and come back when somebody asks for the list. */
	(void)madvise(file.map, file.map_size, MADV_DONTNEED);
	*ret_file = file;
	return STATUS_OK;
}

void crl_copy_free(struct crl_copy *c)
{
	if (!c)
		return;
	close(c->fd);
	free(c);
}
