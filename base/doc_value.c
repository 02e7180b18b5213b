/* base/doc_value.c: values of table rows from their text. */
#include "base/doc_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_MAX INT64_C(65536) /* strings and lists whose row names no bound */

struct unit {
	char letter;
	int64_t factor;
};

static const struct unit size_units[] = {{'k', 1 << 10}, {'M', 1 << 20}, {'G', 1 << 30}, {0, 1}};
static const struct unit time_units[] = {
    {'y', 365 * 86400}, {'w', 7 * 86400}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}, {0, 1}};

int64_t field_max(const struct field *f)
{
	bool number = f->type == FIELD_INT || f->type == FIELD_SECONDS;

	if (f->max != 0 || f->min < 0)
		return f->max;
	return number ? INT64_MAX : LENGTH_MAX;
}

static bool unit_factor(const struct unit *units, const char *text, int64_t *ret_factor)
{
	while (units->letter && units->letter != text[0])
		units++;
	*ret_factor = units->factor;
	return units->letter ? text[1] == 0 : text[0] == 0;
}

/* Digits, then perhaps one letter. YAML 1.1 takes 010 for 8, people for 10: we for neither. */
static bool number_text(const struct unit *units, const char *text, int64_t *ret_number)
{
	bool minus = text[0] == '-';
	const char *p = text + minus;
	int64_t n = 0, factor;

	if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9'))
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    (minus ? __builtin_sub_overflow(n, *p - '0', &n)
			   : __builtin_add_overflow(n, *p - '0', &n)))
			return false;
	return unit_factor(units, p, &factor) && !__builtin_mul_overflow(n, factor, ret_number);
}

/* A bound as a person writes it: 86400 is "1d" in seconds, "86400" as a number. */
static void bound_text(const struct field *f, int64_t n, char text[static 32])
{
	const struct unit *u = f->type == FIELD_SECONDS ? time_units : size_units;

	if (f->type == FIELD_INT || n == 0) {
		snprintf(text, 32, "%" PRId64, n);
		return;
	}
	while (u->letter && n % u->factor)
		u++;
	snprintf(text, 32, "%" PRId64 "%.1s", n / u->factor, &u->letter);
}

bool field_number(
    const struct field *f, const char *text, int64_t *ret_number, char why[static WHY_SIZE])
{
	bool seconds = f->type == FIELD_SECONDS;
	char low[32], high[32];
	int64_t n = 0;

	if (!number_text(seconds ? time_units : size_units, text, &n)) {
		snprintf(why, WHY_SIZE, "'%.60s' is not a %s", text,
		    seconds ? "time span such as 90s, 15m, 12h, 30d, 52w or 10y"
			    : "number such as 10, 64k, 2M or 1G");
		return false;
	}
	if (n < f->min || n > field_max(f)) {
		bound_text(f, f->min, low);
		bound_text(f, field_max(f), high);
		snprintf(why, WHY_SIZE, "'%.60s' is not within %s to %s", text, low, high);
		return false;
	}
	*ret_number = n;
	return true;
}

int field_name_index(const struct field *f, const char *text)
{
	for (int i = 0; f->names[i]; i++)
		if (strcmp(f->names[i], text) == 0)
			return i;
	return -1;
}

/* Words of a standard's text, split at blanks and commas. */
static struct str_list standard_words(const char *text, struct arena *arena)
{
	struct str_list list = {arena_alloc(arena, strlen(text) * sizeof(char *)), 0};

	for (text += strspn(text, ", "); *text; text += strspn(text, ", ")) {
		size_t n = strcspn(text, ", ");

		list.items[list.count++] = arena_strndup(arena, text, n);
		text += n;
	}
	return list;
}

static void standard_must(bool right)
{
	if (!right)
		abort(); /* a table in the source is wrong: its first use shows it */
}

static void standard_number(const struct field *f, union field_value *ret_value)
{
	char why[WHY_SIZE];

	standard_must(field_number(f, f->standard, &ret_value->number, why));
}

static void standard_flags(const struct field *f, struct arena *arena, union field_value *ret_value)
{
	struct str_list words = standard_words(f->standard, arena);

	for (size_t i = 0; i < words.count; i++) {
		int index = field_name_index(f, words.items[i]);

		standard_must(index >= 0);
		ret_value->flags |= UINT32_C(1) << index;
	}
}

void field_standard(const struct field *f, struct arena *arena, union field_value *ret_value)
{
	memset(ret_value, 0, sizeof(*ret_value));
	if (!f->standard)
		return;
	switch (f->type) {
	case FIELD_STR: ret_value->text = arena_strdup(arena, f->standard); break;
	case FIELD_STR_LIST: ret_value->list = standard_words(f->standard, arena); break;
	case FIELD_INT:
	case FIELD_SECONDS: standard_number(f, ret_value); break;
	case FIELD_BOOL: ret_value->truth = strcmp(f->standard, "true") == 0; break;
	case FIELD_ENUM:
		ret_value->index = field_name_index(f, f->standard);
		standard_must(ret_value->index >= 0);
		break;
	case FIELD_FLAGS: standard_flags(f, arena, ret_value); break;
	case FIELD_TIME: /* no row has one */
	case FIELD_MAP:
	case FIELD_MAP_LIST: break;
	}
}
