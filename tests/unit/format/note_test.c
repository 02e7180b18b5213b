#include "signing/format/note.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <stdio.h>

#include "base/encode.h"
#include "signing/format/cosignature.h"
#include "tests/lib/shared.h"
#include "tests/unit/format/log_keys.h"

#define TEXT SPAN_LITERAL("a line\n\nand one behind an empty one\n")

static struct buf signed_by(const struct log_key *keys, size_t count)
{
	struct buf note = {0};

	note_put_text(TEXT, &note);
	for (size_t i = 0; i < count; i++)
		log_key_sign(&keys[i], TEXT, 1700000000, &note);
	return note;
}

static bool accepted(struct span file, const struct vkey *key, struct err *err)
{
	struct note note;
	struct note_seen seen;

	return note_parse(file, &note, err).ok && note_verify(&note, key, 1, &seen, err).ok;
}

/* ---- keys ----------------------------------------------------------------------------------- */

Test(format_vkey, what_was_written_is_read_back)
{
	static const enum vkey_type types[] = {VKEY_ED25519, VKEY_COSIGNATURE};

	for (size_t i = 0; i < COUNT(types); i++) {
		struct log_key k = log_key_make("log.example/1", types[i], 9);
		struct vkey back;
		AUTO(buf) text = {0};
		struct err err = {0};

		vkey_put(&k.vkey, &text);
		cr_assert(vkey_parse(buf_span(&text), &back, &err).ok, "%s", err.message);
		cr_expect(memcmp(&back, &k.vkey, sizeof(back)) == 0);
		cr_expect(vkey_verifies(&back));
		log_key_free(&k);
	}
}

Test(format_vkey, the_same_key_under_two_names_and_types_is_known_as_one)
{
	struct log_key a = log_key_make("a", VKEY_ED25519, 1),
		       b = log_key_make("b", VKEY_COSIGNATURE, 1),
		       c = log_key_make("a", VKEY_ED25519, 2);

	cr_expect(vkey_same_key(&a.vkey, &b.vkey));
	cr_expect_not(vkey_same_key(&a.vkey, &c.vkey));
	cr_expect(memcmp(a.vkey.id, b.vkey.id, 4) != 0);
	log_key_free(&a);
	log_key_free(&b);
	log_key_free(&c);
}

/* name, type and key octets as a vkey, with the ID that is right for them */
static struct buf any_vkey(const char *name, uint8_t type, size_t key_size, bool id_of_name)
{
	struct buf material = {0}, text = {0};
	struct span parts[3] = {span_str(name), SPAN_LITERAL("\n")};
	struct digest id;

	buf_put_byte(&material, type);
	for (size_t i = 0; i < key_size; i++)
		buf_put_byte(&material, 7);
	parts[2] = buf_span(&material);
	id = id_of_name ? sha256_parts(parts, 3) : sha256(span(material.p + 1, material.n - 1));
	buf_printf(&text, "%s+", name);
	hex_encode(span(id.bytes, 4), &text);
	buf_put_byte(&text, '+');
	base64_encode(buf_span(&material), &text);
	buf_free(&material);
	return text;
}

Test(format_vkey, keys_of_other_types_are_read_and_verify_nothing)
{
	static const struct {
		uint8_t type;
		size_t key_size;
		bool id_of_name;
	} cases[] = {
	    {VKEY_ECDSA, 91, false},
	    {VKEY_TREE_HEAD, 91, true},
	    {VKEY_COSIGNATURE_ML_DSA_44, 1312, true},
	    {VKEY_OTHER, 40, true},
	    {0x7f, 1, true},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf)
		text = any_vkey("w.example", cases[i].type, cases[i].key_size, cases[i].id_of_name);
		struct vkey key;
		struct err err = {0};

		cr_assert(vkey_parse(buf_span(&text), &key, &err).ok, "%zu: %s", i, err.message);
		cr_expect_eq(key.type, cases[i].type);
		cr_expect_not(vkey_verifies(&key), "%zu", i);
		text.p[text.n - 3] ^= 1; /* another key, the same ID */
		cr_expect(!vkey_parse(buf_span(&text), &key, &err).ok ||
			      cases[i].type == VKEY_OTHER || cases[i].type == VKEY_TREE_HEAD ||
			      cases[i].type == 0x7f,
		    "%zu", i);
	}
}

Test(format_vkey, malformed_ones_are_refused)
{
	static const char *const cases[] = {
	    "",
	    "name",
	    "name+",
	    "name+530d903a",
	    "name+530d903a+",
	    "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
	    "example.com/foo+530d903a+AQ==",
	    "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
	    "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
	    "example.com/foo+530d903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
	    "example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
	    "example.com/foo+0530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
	    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k=",
	    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
	    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n",
	    "example.com/foo+530d903a+ AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
	    "example.com/ foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct vkey key = {.type = 0x55};
		struct err err = {0};

		cr_expect_not(vkey_parse(span_str(cases[i]), &key, &err).ok, "%s", cases[i]);
		cr_expect_eq(err.kind, ERR_INPUT);
		cr_expect_eq(key.type, 0x55, "touched");
	}
	AUTO(buf) large = any_vkey("w", VKEY_OTHER, VKEY_MATERIAL_MAX, true);
	struct vkey key;
	struct err err = {0};
	cr_expect_not(vkey_parse(buf_span(&large), &key, &err).ok);
	AUTO(buf) ml_dsa = any_vkey("w", VKEY_COSIGNATURE_ML_DSA_44, 1311, true);
	cr_expect_not(vkey_parse(buf_span(&ml_dsa), &key, &err).ok);
}

/* "Key names MUST be non-empty and MUST NOT contain any Unicode spaces or plus" */
Test(format_vkey, names_have_no_spaces_of_any_script)
{
	static const char *const bad[] = {"", " ", "a b", "a+b", "a\tb", "a\nb", "\xc2\x85",
	    "a\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x8a", "\xe2\x80\xa8",
	    "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80", "\xff", "\xc0\xa0",
	    "a\x01"};
	static const char *const good[] = {
	    "a", "log.example/1", "\xc3\xa9", "\xe2\x80\x8b", "\xf0\x9f\x8e\x89", "oid/1.2.3"};
	char longest[NOTE_NAME_MAX + 2];

	for (size_t i = 0; i < COUNT(bad); i++)
		cr_expect_not(note_name_is_good(span_str(bad[i])), "bad %zu", i);
	for (size_t i = 0; i < COUNT(good); i++)
		cr_expect(note_name_is_good(span_str(good[i])), "good %zu", i);
	memset(longest, 'a', sizeof(longest));
	cr_expect(note_name_is_good(span(longest, NOTE_NAME_MAX)));
	cr_expect_not(note_name_is_good(span(longest, NOTE_NAME_MAX + 1)));
}

Test(format_vkey, only_names_and_types_that_can_be_read_back_are_made)
{
	static const uint8_t key[32] = {1};
	struct vkey made;
	struct err err = {0};

	cr_expect_not(vkey_make(SPAN_LITERAL("a b"), VKEY_ED25519, key, &made, &err).ok);
	cr_expect_not(
	    vkey_make(SPAN_LITERAL("a"), VKEY_COSIGNATURE_ML_DSA_44, key, &made, &err).ok);
}

/* ---- notes ---------------------------------------------------------------------------------- */

Test(format_note, a_signed_note_verifies_and_gives_its_text)
{
	struct log_key k = log_key_make("log.example/1", VKEY_ED25519, 1);
	AUTO(buf) file = signed_by(&k, 1);
	struct note note;
	struct note_seen seen;
	struct err err = {0};

	cr_assert(note_parse(buf_span(&file), &note, &err).ok, "%s", err.message);
	cr_expect(span_equal(note.text, TEXT));
	cr_expect_eq(note.count, 1);
	cr_expect_eq(note.signatures[0].number, 5);
	cr_assert(note_verify(&note, &k.vkey, 1, &seen, &err).ok, "%s", err.message);
	cr_expect(seen.verified && seen.time == 0);
	log_key_free(&k);
}

Test(format_note, no_truncation_and_no_altered_bit_is_accepted)
{
	struct log_key k = log_key_make("log.example/1", VKEY_ED25519, 1);
	AUTO(buf) file = signed_by(&k, 1);

	for (size_t n = 0; n < file.n; n++) {
		struct err err = {0};

		cr_expect_not(accepted(span(file.p, n), &k.vkey, &err), "cut at %zu", n);
		cr_expect(err.kind == ERR_INPUT || err.kind == ERR_DENIED);
	}
	for (size_t bit = 0; bit < 8 * file.n; bit++) {
		struct err err = {0};

		file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_expect_not(accepted(buf_span(&file), &k.vkey, &err), "bit %zu", bit);
		file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	cr_expect_eq(ERR_peek_error(), 0UL, "OpenSSL's queue is left empty");
	log_key_free(&k);
}

/* "Verifiers MUST ignore signatures from unknown keys, even if they share a name or ID (but not
 * both) with a known key." */
Test(format_note, signatures_of_unknown_keys_are_ignored)
{
	struct log_key known = log_key_make("log.example/1", VKEY_ED25519, 1);
	struct log_key others[] = {log_key_make("log.example/1", VKEY_ED25519, 2),
	    log_key_make("log.example/2", VKEY_ED25519, 1), known};
	AUTO(buf) file = signed_by(others, 3);
	struct err err = {0};

	memcpy(others[1].vkey.id, known.vkey.id, 4); /* the ID of one, the name of another */
	log_key_sign(&others[1], SPAN_LITERAL("something else\n"), 0, &file);
	cr_expect(accepted(buf_span(&file), &known.vkey, &err), "%s", err.message);
	AUTO(buf) without = signed_by(others, 2);
	cr_expect_not(accepted(buf_span(&without), &known.vkey, &err));
	cr_expect_eq(err.kind, ERR_DENIED);
	for (size_t i = 0; i < COUNT(others); i++)
		log_key_free(&others[i]);
}

/* "If a signature from a known key fails to verify, clients SHOULD reject the whole note." */
Test(format_note, a_false_signature_of_a_known_key_refuses_the_note)
{
	struct log_key keys[] = {log_key_make("log.example/1", VKEY_ED25519, 1),
	    log_key_make("log.example/2", VKEY_ED25519, 2)};
	const struct vkey vkeys[] = {keys[0].vkey, keys[1].vkey};
	AUTO(buf) file = signed_by(keys, 1);
	struct note note;
	struct note_seen seen[2];
	struct err err = {0};

	log_key_sign(&keys[1], SPAN_LITERAL("something else\n"), 0, &file);
	cr_assert(note_parse(buf_span(&file), &note, &err).ok);
	cr_expect(note_verify(&note, vkeys, 1, seen, &err).ok, "the second is not known");
	cr_expect_not(note_verify(&note, vkeys, 2, seen, &err).ok);
	cr_expect_eq(err.kind, ERR_DENIED);
	cr_expect(strstr(err.message, "line 6") && strstr(err.message, "log.example/2"), "%s",
	    err.message);
	log_key_free(&keys[0]);
	log_key_free(&keys[1]);
}

/* "MUST accept at least up to 16 signatures. ... post-quantum signatures can be up to nearly 5kB"
 */
Test(format_note, sixteen_post_quantum_signatures_fit_and_the_bounds_hold)
{
	struct log_key k = log_key_make("log.example/1", VKEY_ED25519, 1);
	static uint8_t large[4900];
	AUTO(buf) file = {0};
	struct err err = {0};
	struct note note;

	note_put_text(TEXT, &file);
	for (int i = 0; i < 16; i++) {
		buf_printf(&file, "\xe2\x80\x94 pq.example/%d ", i);
		base64_encode(SPAN_OF(large), &file);
		buf_put_byte(&file, '\n');
	}
	log_key_sign(&k, TEXT, 0, &file);
	cr_expect(accepted(buf_span(&file), &k.vkey, &err), "%s", err.message);
	for (int i = 17; i < NOTE_SIGNATURES_MAX; i++)
		buf_put_str(&file, "\xe2\x80\x94 o AAAAAAA=\n");
	cr_expect(accepted(buf_span(&file), &k.vkey, &err), "%s", err.message);
	buf_put_str(&file, "\xe2\x80\x94 o AAAAAAA=\n");
	cr_expect_not(note_parse(buf_span(&file), &note, &err).ok);
	cr_expect_eq(err.kind, ERR_TOO_LARGE, "%s", err.message);
	err_clear(&err);
	while (file.n <= NOTE_SIZE_MAX)
		buf_put_byte(&file, '\n');
	cr_expect_not(note_parse(buf_span(&file), &note, &err).ok);
	cr_expect_eq(err.kind, ERR_TOO_LARGE);
	log_key_free(&k);
}

Test(format_note, malformed_ones_are_refused_with_their_line)
{
	static const struct {
		const char *name, *file, *message;
	} cases[] = {
	    {"nothing", "", "empty line"},
	    {"text alone", "text\n", "empty line"},
	    {"no signature", "text\n\n", "no signature"},
	    {"no empty line", "text\n\xe2\x80\x94 a AAAAAAA=\n", "empty line"},
	    {"no newline at the end", "text\n\n\xe2\x80\x94 a AAAAAAA=", "line 3"},
	    {"a hyphen", "text\n\n- a AAAAAAA=\n", "line 3"},
	    {"an en dash", "text\n\n\xe2\x80\x93 a AAAAAAA=\n", "line 3"},
	    {"no space",
		"text\n\n\xe2\x80\x94"
		"a AAAAAAA=\n",
		"line 3"},
	    {"two spaces", "text\n\n\xe2\x80\x94  a AAAAAAA=\n", "line 3"},
	    {"no name", "text\n\n\xe2\x80\x94 AAAAAAA=\n", "line 3"},
	    {"a plus in the name", "text\n\n\xe2\x80\x94 a+b AAAAAAA=\n", "line 3"},
	    {"a space behind", "text\n\n\xe2\x80\x94 a AAAAAAA= \n", "line 3"},
	    {"not base64", "text\n\n\xe2\x80\x94 a AAAAAA-=\n", "line 3"},
	    {"no padding", "text\n\n\xe2\x80\x94 a AAAAAAA\n", "line 3"},
	    {"bits behind the last octet", "text\n\n\xe2\x80\x94 a AAAAAAB=\n", "line 3"},
	    {"padding within", "text\n\n\xe2\x80\x94 a AA==AAAA\n", "line 3"},
	    {"an ID alone", "text\n\n\xe2\x80\x94 a AAAAAA==\n", "line 3"},
	    {"nothing behind the name", "text\n\n\xe2\x80\x94 a \n", "line 3"},
	    {"the second line", "text\n\n\xe2\x80\x94 a AAAAAAA=\nb\n", "line 4"},
	    {"carriage returns", "text\r\n\r\n\xe2\x80\x94 a AAAAAAA=\r\n", "control"},
	    {"a tab", "te\txt\n\n\xe2\x80\x94 a AAAAAAA=\n", "control"},
	    {"not UTF-8", "te\xfft\n\n\xe2\x80\x94 a AAAAAAA=\n", "UTF-8"},
	};
	static const uint8_t nul[] = "te\0t\n\n\xe2\x80\x94 a AAAAAAA=\n";
	struct note note;
	struct err err = {0};

	for (size_t i = 0; i < COUNT(cases); i++) {
		err_clear(&err);
		cr_expect_not(
		    note_parse(span_str(cases[i].file), &note, &err).ok, "%s", cases[i].name);
		cr_expect_eq(err.kind, ERR_INPUT, "%s", cases[i].name);
		cr_expect(
		    strstr(err.message, cases[i].message), "%s: %s", cases[i].name, err.message);
	}
	cr_expect_not(note_parse(span(nul, sizeof(nul) - 1), &note, &err).ok);
}

/* ---- cosignatures --------------------------------------------------------------------------- */

Test(format_cosignature, one_verifies_and_gives_its_time)
{
	struct log_key k = log_key_make("w.example/1", VKEY_COSIGNATURE, 3);
	AUTO(buf) file = signed_by(&k, 1);
	struct note note;
	struct note_seen seen;
	struct err err = {0};

	cr_assert(note_parse(buf_span(&file), &note, &err).ok);
	cr_assert(note_verify(&note, &k.vkey, 1, &seen, &err).ok, "%s", err.message);
	cr_expect_eq(seen.time, 1700000000);
	/* The newest counts, wherever it stands. */
	log_key_sign(&k, TEXT, 1800000000, &file);
	log_key_sign(&k, TEXT, 1600000000, &file);
	cr_assert(note_parse(buf_span(&file), &note, &err).ok);
	cr_assert(note_verify(&note, &k.vkey, 1, &seen, &err).ok);
	cr_expect(seen.time == 1800000000 && seen.which == 1);
	for (size_t bit = 0; bit < 8 * file.n; bit += 7) {
		file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		/* One of three in whose name or ID the bit is, is unknown: the others hold. */
		if (accepted(buf_span(&file), &k.vkey, &err))
			cr_expect_gt(bit / 8, TEXT.n, "bit %zu of the text", bit);
		file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	log_key_free(&k);
}

/* A signature over the text alone is none over the message with the time, and the reverse. */
Test(format_cosignature, signature_types_do_not_pass_for_each_other)
{
	struct log_key plain = log_key_make("n", VKEY_ED25519, 3),
		       witness = log_key_make("n", VKEY_COSIGNATURE, 3);
	AUTO(buf) a = signed_by(&plain, 1);
	AUTO(buf) b = signed_by(&witness, 1);
	struct vkey mixed = witness.vkey;
	struct err err = {0};

	cr_expect_not(accepted(buf_span(&a), &witness.vkey, &err));
	cr_expect_not(accepted(buf_span(&b), &plain.vkey, &err));
	memcpy(mixed.id, plain.vkey.id, 4);
	cr_expect_not(accepted(buf_span(&a), &mixed, &err));
	mixed = plain.vkey;
	memcpy(mixed.id, witness.vkey.id, 4);
	cr_expect_not(accepted(buf_span(&b), &mixed, &err));
	log_key_free(&plain);
	log_key_free(&witness);
}

/* "It MUST NOT exceed 2^63 - 1" */
Test(format_cosignature, times_end_at_2_to_the_63)
{
	struct cosignature c = {.time = INT64_MAX, .signature = {1, 2, 3}}, back;
	uint8_t octets[COSIGNATURE_SIZE];

	cosignature_encode(&c, octets);
	cr_assert(cosignature_decode(SPAN_OF(octets), &back));
	cr_expect(back.time == c.time && memcmp(back.signature, c.signature, 64) == 0);
	cr_expect_not(cosignature_decode(span(octets, 71), &back));
	octets[0] = 0x80;
	cr_expect_not(cosignature_decode(SPAN_OF(octets), &back));
}

Test(format_cosignature, the_message_is_as_specified)
{
	AUTO(buf) out = {0};

	cosignature_message(1679315147, SPAN_LITERAL("origin\n1\nroot\n"), &out);
	cr_expect(
	    span_equal_str(buf_span(&out), "cosignature/v1\ntime 1679315147\norigin\n1\nroot\n"));
}

/* ---- published ------------------------------------------------------------------------------ */

Test(format_note, the_published_example_verifies)
{
	AUTO(buf) file = {0};
	AUTO(buf) text = {0};
	struct vkey key;
	struct err err = {0};

	if (!shared_read("tlog/c2sp/signed-note-example.txt", &file) ||
	    !shared_read("tlog/c2sp/signed-note-example.vkey", &text))
		cr_skip_test("tlog/c2sp/signed-note-example.txt is not here");
	cr_assert(vkey_parse(span_trim(buf_span(&text)), &key, &err).ok, "%s", err.message);
	cr_expect(accepted(buf_span(&file), &key, &err), "%s", err.message);
	file.p[0] ^= 0x20;
	cr_expect_not(accepted(buf_span(&file), &key, &err));
	AUTO(buf) back = {0};
	vkey_put(&key, &back);
	cr_expect(span_equal(buf_span(&back), span_trim(buf_span(&text))));
}

/* Its witness's key is not published: what can be read is the time, which the text tells. */
Test(format_cosignature, the_published_example_is_of_1679315147)
{
	AUTO(buf) file = {0};
	AUTO(buf) octets = {0};
	struct note note;
	struct cosignature c;
	struct err err = {0};

	if (!shared_read("tlog/c2sp/tlog-cosignature-example.txt", &file))
		cr_skip_test("tlog/c2sp/tlog-cosignature-example.txt is not here");
	cr_assert(note_parse(buf_span(&file), &note, &err).ok, "%s", err.message);
	cr_assert_eq(note.count, 2);
	cr_assert(base64_decode(note.signatures[1].base64, &octets, &err).ok);
	cr_assert(cosignature_decode(span(octets.p + 4, octets.n - 4), &c));
	cr_expect_eq(c.time, 1679315147);
}
