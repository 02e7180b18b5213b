/* signing/format/text.c: see text.h. */
#include "signing/format/text.h"

#include <string.h>

#include "base/encode.h"
#include "base/utf8.h"

bool text_line(struct text *t, struct span *ret_line)
{
	const uint8_t *end = t->rest.n ? memchr(t->rest.p, '\n', t->rest.n) : NULL;

	t->line++;
	if (!end)
		return false;
	*ret_line = span(t->rest.p, (size_t)(end - t->rest.p));
	t->rest = span(end + 1, t->rest.n - ret_line->n - 1);
	return true;
}

struct status text_refuse(const struct text *t, struct err *err, const char *why)
{
	return err_set(err, ERR_INPUT, "%s, line %u: %s", t->what, t->line, why);
}

static bool is_blank(uint8_t octet)
{
	return octet == ' ' || octet == '\t';
}

static void skip_blanks(struct span *line)
{
	while (line->n && is_blank(line->p[0]))
		*line = span(line->p + 1, line->n - 1);
}

bool text_word(struct span *line, struct span *ret_word)
{
	size_t n = 0;

	skip_blanks(line);
	while (n < line->n && !is_blank(line->p[n]))
		n++;
	if (n == 0)
		return false;
	*ret_word = span(line->p, n);
	*line = span(line->p + n, line->n - n);
	skip_blanks(line);
	return true;
}

bool text_cut(struct span *line, const char *prefix)
{
	size_t n = strlen(prefix);

	if (!span_starts(*line, prefix))
		return false;
	*line = span(line->p + n, line->n - n);
	return true;
}

bool text_uint(struct span digits, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (digits.n == 0 || (digits.p[0] == '0' && digits.n > 1))
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		uint8_t digit = (uint8_t)(digits.p[i] - '0');

		if (digit > 9 || number > (UINT64_MAX - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*ret_number = number;
	return true;
}

void text_put_uint(uint64_t number, struct buf *out)
{
	buf_printf(out, "%llu", (unsigned long long)number);
}

static int base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters, of which the last `padding` are '='. */
static bool base64_quantum(const uint8_t text[static 4], size_t padding, uint8_t ret[static 3])
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = i < 4 - padding ? base64_value(text[i]) : 0;

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
	}
	ret[0] = (uint8_t)(bits >> 16);
	ret[1] = (uint8_t)(bits >> 8);
	ret[2] = (uint8_t)bits;
	/* RFC 4648 section 3.5: pad bits "MUST be set to zero", or one value had several spellings.
	 */
	return padding == 0 || ret[3 - padding] == 0;
}

bool text_base64(struct span base64, uint8_t *octets, size_t size, size_t *ret_n)
{
	size_t n = 0;

	if (base64.n % 4)
		return false;
	for (size_t at = 0; at < base64.n; at += 4) {
		const uint8_t *text = base64.p + at;
		bool last = at + 4 == base64.n;
		size_t padding = !last || text[3] != '=' ? 0 : text[2] != '=' ? 1 : 2;
		uint8_t three[3];

		if (!base64_quantum(text, padding, three))
			return false;
		for (size_t i = 0; i < 3 - padding; i++, n++)
			if (n < size)
				octets[n] = three[i];
	}
	*ret_n = n;
	return true;
}

bool text_hash(struct span line, struct merkle_hash *ret_hash)
{
	struct merkle_hash hash = {{0}};
	size_t n;

	if (!text_base64(line, hash.b, sizeof(hash.b), &n) || n != sizeof(hash.b))
		return false;
	*ret_hash = hash;
	return true;
}

struct status text_proof(struct text *t, struct merkle_proof *ret_proof, struct err *err)
{
	struct merkle_proof proof = {0};
	struct span line;

	while (true) {
		if (!text_line(t, &line))
			return text_refuse(t, err, "ends within the hashes");
		if (line.n == 0)
			break;
		if (proof.count == MERKLE_PROOF_MAX)
			return err_set(err, ERR_TOO_LARGE, "%s, line %u: more than %d hashes",
			    t->what, t->line, MERKLE_PROOF_MAX);
		if (!text_hash(line, &proof.hashes[proof.count]))
			return text_refuse(t, err, "not the base64 of a hash of 32 octets");
		proof.count++;
	}
	*ret_proof = proof;
	return STATUS_OK;
}

void text_put_proof(const struct merkle_proof *proof, struct buf *out)
{
	for (size_t i = 0; i < proof->count; i++) {
		base64_encode(SPAN_OF(proof->hashes[i].b), out);
		buf_put_byte(out, '\n');
	}
	buf_put_byte(out, '\n');
}

bool text_is_clean(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' && s.p[i] != '\n')
			return false;
	return utf8_valid(s);
}
