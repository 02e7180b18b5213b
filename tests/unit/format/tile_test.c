#include "signing/format/tile.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signing/format/merkle.h"

static const struct {
	struct tile tile;
	const char *path;
} names[] = {
    {{TILE_HASHES, 0, 0, 256}, "tile/0/000"},
    {{TILE_HASHES, 0, 0, 1}, "tile/0/000.p/1"},
    {{TILE_HASHES, 63, 999, 255}, "tile/63/999.p/255"},
    {{TILE_HASHES, 1, 1000, 256}, "tile/1/x001/000"},
    {{TILE_HASHES, 9, 1234067, 256}, "tile/9/x001/x234/067"},
    {{TILE_HASHES, 10, 1234067, 17}, "tile/10/x001/x234/067.p/17"},
    {{TILE_ENTRIES, 0, 0, 256}, "tile/entries/000"},
    {{TILE_ENTRIES, 0, 1234067, 8}, "tile/entries/x001/x234/067.p/8"},
    {{TILE_HASHES, 0, TILE_INDEX_END - 1, 99}, "tile/0/x018/x014/x398/x509/x481/983.p/99"},
};

Test(format_tile, names_are_written_and_read_as_specified)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		char path[TILE_PATH_SIZE];
		struct tile tile;
		struct err err = {0};

		tile_path(&names[i].tile, path);
		cr_expect_str_eq(path, names[i].path);
		cr_assert(tile_parse(span_str(names[i].path), &tile, &err).ok, "%s: %s",
		    names[i].path, err.message);
		cr_expect(tile.kind == names[i].tile.kind && tile.level == names[i].tile.level &&
			      tile.index == names[i].tile.index &&
			      tile.width == names[i].tile.width,
		    "%s", path);
	}
}

Test(format_tile, every_other_spelling_is_refused)
{
	static const struct {
		const char *name;
		struct span path;
	} cases[] = {
	    {"nothing", SPAN_LITERAL("")},
	    {"another file", SPAN_LITERAL("checkpoint")},
	    {"a slash before", SPAN_LITERAL("/tile/0/000")},
	    {"a slash behind", SPAN_LITERAL("tile/0/000/")},
	    {"no index", SPAN_LITERAL("tile/0/")},
	    {"no level", SPAN_LITERAL("tile//000")},
	    {"level 00", SPAN_LITERAL("tile/00/000")},
	    {"level 01", SPAN_LITERAL("tile/01/000")},
	    {"level 64", SPAN_LITERAL("tile/64/000")},
	    {"level -1", SPAN_LITERAL("tile/-1/000")},
	    {"level 100", SPAN_LITERAL("tile/100/000")},
	    {"level +1", SPAN_LITERAL("tile/+1/000")},
	    {"two digits", SPAN_LITERAL("tile/0/00")},
	    {"four digits", SPAN_LITERAL("tile/0/0000")},
	    {"a group of zeros before", SPAN_LITERAL("tile/0/x000/001")},
	    {"an x at the last group", SPAN_LITERAL("tile/0/x001")},
	    {"no x at the first group", SPAN_LITERAL("tile/0/001/234")},
	    {"a large X", SPAN_LITERAL("tile/0/X001/234")},
	    {"two x", SPAN_LITERAL("tile/0/xx01/234")},
	    {"hex", SPAN_LITERAL("tile/0/0ab")},
	    {"width 0", SPAN_LITERAL("tile/0/000.p/0")},
	    {"width 256", SPAN_LITERAL("tile/0/000.p/256")},
	    {"width 257", SPAN_LITERAL("tile/0/000.p/257")},
	    {"width 01", SPAN_LITERAL("tile/0/000.p/01")},
	    {"width 1000", SPAN_LITERAL("tile/0/000.p/1000")},
	    {"no width", SPAN_LITERAL("tile/0/000.p/")},
	    {"no .p", SPAN_LITERAL("tile/0/000/1")},
	    {".P", SPAN_LITERAL("tile/0/000.P/1")},
	    {"more behind the width", SPAN_LITERAL("tile/0/000.p/1/1")},
	    {"a query", SPAN_LITERAL("tile/0/000?x")},
	    {"a percent sign", SPAN_LITERAL("tile/0/%30%30%30")},
	    {"up and down", SPAN_LITERAL("tile/0/../0/000")},
	    {"up", SPAN_LITERAL("tile/../tile/0/000")},
	    {"a space", SPAN_LITERAL("tile/0/000 ")},
	    {"a newline", SPAN_LITERAL("tile/0/000\n")},
	    {"a NUL", SPAN_LITERAL("tile/0/000\0")},
	    {"level of entries", SPAN_LITERAL("tile/entries/0/000")},
	    {"Entries", SPAN_LITERAL("tile/Entries/000")},
	    {"data", SPAN_LITERAL("tile/data/000")},
	    {"an index too large", SPAN_LITERAL("tile/0/x018/x014/x398/x509/x481/984")},
	    {"an index that wraps", SPAN_LITERAL("tile/0/x018/x446/x744/x073/x709/x551/616")},
	    {"digits without end",
		SPAN_LITERAL("tile/0/x111/x111/x111/x111/x111/x111/x111/x111/x111/x111/x111/111")},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tile tile = {.level = 99};
		struct err err = {0};

		cr_expect_not(tile_parse(cases[i].path, &tile, &err).ok, "%s", cases[i].name);
		cr_expect_eq(err.kind, ERR_INPUT, "%s", cases[i].name);
		cr_expect_eq(tile.level, 99, "%s: touched", cases[i].name);
	}
}

Test(format_tile, names_come_back_for_indexes_around_every_power)
{
	for (uint64_t power = 1; power < TILE_INDEX_END; power *= power % 1000 ? 2 : 10)
		for (uint64_t index = power - 1; index <= power + 1; index++) {
			struct tile tile = {TILE_ENTRIES, 0, index, (unsigned)(index % 256 + 1)};
			struct tile back;
			char path[TILE_PATH_SIZE];
			struct err err = {0};

			tile_path(&tile, path);
			cr_assert(tile_parse(span_str(path), &back, &err).ok, "%s", path);
			cr_assert(back.index == index && back.width == tile.width, "%s", path);
		}
}

/* The examples of tlog-tiles. */
Test(format_tile, widths_are_those_of_the_specification)
{
	static const struct {
		uint64_t size;
		unsigned level;
		uint64_t index;
		unsigned width;
	} cases[] = {
	    {70000, 0, 272, 256},
	    {70000, 0, 273, 112},
	    {70000, 0, 274, 0},
	    {70000, 1, 0, 256},
	    {70000, 1, 1, 17},
	    {70000, 2, 0, 1},
	    {70000, 3, 0, 0},
	    {256, 0, 0, 256},
	    {256, 0, 1, 0},
	    {256, 1, 0, 1},
	    {255, 1, 0, 0},
	    {0, 0, 0, 0},
	    {MERKLE_SIZE_MAX, 7, 0, 64},
	    {MERKLE_SIZE_MAX, 8, 0, 0},
	    {UINT64_MAX, 63, 0, 0},
	    {70000, 0, UINT64_MAX, 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		cr_expect_eq(tile_width(cases[i].size, cases[i].level, cases[i].index),
		    cases[i].width, "row %zu", i);
}

Test(format_bundle, entries_come_back_in_order)
{
	static const char *const entries[] = {"one", "", "three"};
	AUTO(buf) out = {0};
	struct err err = {0};
	struct span rest, entry;

	for (size_t i = 0; i < COUNT(entries); i++)
		cr_assert(bundle_put(span_str(entries[i]), &out, &err).ok);
	cr_expect(span_equal(buf_span(&out), SPAN_LITERAL("\0\3one\0\0\0\5three")));
	rest = buf_span(&out);
	for (size_t i = 0; i < COUNT(entries); i++) {
		cr_assert(bundle_take(&rest, &entry, &err).ok);
		cr_expect(span_equal_str(entry, entries[i]));
	}
	cr_expect_eq(rest.n, 0);
}

Test(format_bundle, a_wider_one_answers_for_every_narrower_one)
{
	struct span all = SPAN_LITERAL("\0\3one\0\0\0\5three"), cut;
	static const size_t lengths[] = {0, 5, 7, 14};
	struct err err = {0};

	for (unsigned width = 0; width < COUNT(lengths); width++) {
		cr_assert(bundle_cut(all, width, &cut, &err).ok);
		cr_expect(cut.p == all.p && cut.n == lengths[width], "%u", width);
	}
	cr_expect_not(bundle_cut(all, 4, &cut, &err).ok);
	cr_expect_eq(err.kind, ERR_INPUT);
}

Test(format_bundle, what_is_cut_short_is_refused)
{
	static const struct span cases[] = {
	    SPAN_LITERAL("\0"),
	    SPAN_LITERAL("\0\1"),
	    SPAN_LITERAL("\1\0x"),
	    SPAN_LITERAL("\xff\xffx"),
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span rest = cases[i], entry = SPAN_NONE;
		struct err err = {0};

		cr_expect_not(bundle_take(&rest, &entry, &err).ok, "%zu", i);
		cr_expect_eq(err.kind, ERR_INPUT);
		cr_expect(rest.n == cases[i].n && !entry.p, "%zu: touched", i);
	}
}

Test(format_bundle, entries_end_at_65535_octets)
{
	uint8_t *entry = calloc(1, BUNDLE_ENTRY_MAX + 1);
	AUTO(buf) out = {0};
	struct err err = {0};
	struct span rest, back;

	cr_assert(bundle_put(span(entry, BUNDLE_ENTRY_MAX), &out, &err).ok);
	rest = buf_span(&out);
	cr_assert(bundle_take(&rest, &back, &err).ok);
	cr_expect_eq(back.n, BUNDLE_ENTRY_MAX);
	cr_expect_not(bundle_put(span(entry, BUNDLE_ENTRY_MAX + 1), &out, &err).ok);
	cr_expect_eq(err.kind, ERR_TOO_LARGE);
	cr_expect_eq(out.n, BUNDLE_ENTRY_MAX + 2, "nothing was appended");
	free(entry);
}
