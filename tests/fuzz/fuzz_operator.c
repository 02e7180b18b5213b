/* What a server, or somebody in its place, can send to signet: JSON of any shape, problems, proofs;
 * and files that people give it. Nothing of it may reach a terminal raw. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/operator/handlers.h"
#include "clients/operator/kinds.h"
#include "clients/operator/problem.h"
#include "clients/operator/show.h"
#include "clients/operator/value.h"
#include "clients/operator/yaml.h"
#include "signing/format/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every function writes into memory, which is then looked at. */
static char *printed;
static size_t printed_n;

static struct screen open_screen(void)
{
	return (struct screen){.file = open_memstream(&printed, &printed_n)};
}

static void close_screen(struct screen *s)
{
	fclose(s->file);
	for (size_t i = 0; i < printed_n; i++)
		if (((unsigned char)printed[i] < 0x20 && printed[i] != '\n') || printed[i] == 0x7f)
			abort(); /* it would steer the terminal */
	if (memmem(printed, printed_n, "\xc2\x9b", 2))
		abort();
	free(printed);
	printed = NULL;
}

static void show_json(json_t *v, struct screen *s)
{
	const struct client_request request = {.method = "GET", .path = "/x", .name = "file"};
	struct client_reply reply = {.status = 400, .json = v};
	struct buf text = {0};

	problem_print(s, &request, &reply);
	show_object(s, NULL, v);
	show_difference(s, value_at(v, "difference"), 2);
	for (const struct kind *k = kinds; k->name; k++)
		show_table(s, k->name, k->view.columns, value_at(v, "items"));
	yaml_put(v, 0, &text);
	value_dump(v, &text);
	fwrite(text.p, 1, text.n, s->file);
	buf_free(&text);
}

/* What is dumped for machines must say the same. */
static void read_back(json_t *v)
{
	struct buf text = {0};
	json_t *back;

	value_dump_line(v, &text);
	back = json_loadb((const char *)text.p, text.n, JSON_DECODE_ANY, NULL);
	if (!back || !json_equal(v, back))
		abort();
	json_decref(back);
	buf_free(&text);
}

static void fuzz_json(const uint8_t *data, size_t size)
{
	json_t *v = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	struct screen s;

	if (!v)
		return;
	s = open_screen();
	show_json(v, &s);
	close_screen(&s);
	read_back(v);
	json_decref(v);
}

static void fuzz_text(const uint8_t *data, size_t size)
{
	struct screen s = open_screen();
	struct buf text = {0};

	text_put(&text, span(data, size));
	buf_put_byte(&text, '\n');
	text_put_lines(&text, span(data, size), 2);
	text_put_json(&text, span(data, size));
	fwrite(text.p, 1, text.n, s.file);
	(void)text_width(buf_span(&text));
	buf_free(&text);
	close_screen(&s);
}

/* signet log check, by a file and a key that are both anything. */
static void fuzz_proof(const uint8_t *data, size_t size)
{
	static const struct command command = {.name = "log check"};
	char path[] = "/tmp/fuzz-operator.XXXXXX";
	char *arguments[] = {path, NULL};
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	struct call c = {.command = &command, .arguments = arguments, .argument_count = 1};
	static const uint8_t public[NOTE_KEY_SIZE];
	struct buf vkey = {0};
	struct vkey key;
	struct err err = {0};

	if (!vkey_make(SPAN_LITERAL("example.com/log"), VKEY_ED25519, public, &key, &err).ok)
		abort();
	vkey_put(&key, &vkey);

	fwrite(data, 1, size, f);
	fclose(f);
	c.values[OPT_VKEY] = buf_cstr(&vkey);
	c.out = c.err = open_screen();
	(void)cmd_log_check(&c);
	close_screen(&c.out);
	remove(path);
	buf_free(&vkey);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return -1;
	if (data[0] % 8 == 0)
		fuzz_proof(data + 1, size - 1);
	else if (data[0] % 8 == 1)
		fuzz_text(data + 1, size - 1);
	else
		fuzz_json(data + 1, size - 1);
	return 0;
}
