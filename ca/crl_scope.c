/* ca/crl_scope.c: see crl_scope.h. */

#include "ca/crl_scope.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ca/extension.h"
#include "ca/general_name.h"

#define SHARD "{shard}"

int64_t crl_shards(const struct authority *a)
{
	return a->crl_shards ? a->crl_shards : 1;
}

int64_t crl_validity(const struct authority *a)
{
	if (a->crl_validity)
		return a->crl_validity;
	return a->key_uri ? CRL_VALIDITY : CRL_VALIDITY_ROOT;
}

int64_t crl_every(const struct authority *a)
{
	return a->crl_every ? a->crl_every : crl_validity(a) / 2;
}

int64_t crl_max_age(const struct authority *a)
{
	return a->crl_max_age ? a->crl_max_age : CRL_MAX_AGE;
}

int32_t crl_shard_of(const struct authority *a, struct span serial)
{
	uint32_t low = 0;
	for (size_t i = serial.n < 4 ? 0 : serial.n - 4; i < serial.n; i++)
		low = low << 8 | serial.p[i];
	return (int32_t)(low % (uint32_t)crl_shards(a));
}

bool crl_url_put(const char *url, int64_t shard, struct buf *out)
{
	const char *at = strstr(url, SHARD);
	if (!at) {
		if (shard == 0)
			buf_put_str(out, url);
		return shard == 0;
	}
	buf_printf(out, "%.*s%" PRId64 "%s", (int)(at - url), url, shard, at + strlen(SHARD));
	return true;
}

void crl_scope_put_points(const struct authority *a, int64_t shard, struct buf *out)
{
	AUTO(buf) url = {0};
	AUTO(buf) delta = {0};
	if (!a->crl_url || !crl_url_put(a->crl_url, shard, &url))
		return;
	extension_put_crl_distribution(out, buf_cstr(&url));
	if (a->delta_url && crl_url_put(a->delta_url, shard, &delta))
		extension_put_freshest_crl(out, buf_cstr(&delta));
}

static bool url_fits(const struct authority *a, const char *url, char *why, size_t size)
{
	AUTO(buf) rendered = {0};
	/* RFC 5280 4.2.1.13 and 8: not https: a client would need a certificate checked to check
	 * one */
	(void)crl_url_put(url, 0, &rendered);
	if (!uri_fits(buf_span(&rendered), "http", why, size))
		return false;
	if (crl_shards(a) == 1 || strstr(url, SHARD))
		return true;
	snprintf(
	    why, size, "with %" PRId64 " shards it must say where " SHARD " stands", crl_shards(a));
	return false;
}

static bool times_fit(const struct authority *a, char *why, size_t size)
{
	/* RFC 5280 5.1.2.5: "the next CRL [...] will not be issued any later than" nextUpdate */
	if (crl_every(a) < crl_validity(a))
		return true;
	snprintf(why, size,
	    "%" PRId64 " s: a new list comes before the old one ends, at %" PRId64 " s",
	    crl_every(a), crl_validity(a));
	return false;
}

bool crl_scope_fits(const struct authority *a, const char **ret_member, char *why, size_t size)
{
	*ret_member = "crl_url";
	if (a->crl_url && !url_fits(a, a->crl_url, why, size))
		return false;
	*ret_member = "delta_url";
	if (a->delta_url && !url_fits(a, a->delta_url, why, size))
		return false;
	if (a->delta_url && !a->crl_url) {
		snprintf(why, size, "a delta list adds to a list at crl_url");
		return false;
	}
	*ret_member = "crl_shards";
	if (crl_shards(a) > 1 && !a->crl_url) {
		snprintf(why, size, "several lists need crl_url: a certificate names its own");
		return false;
	}
	*ret_member = "crl_every";
	return times_fit(a, why, size);
}
