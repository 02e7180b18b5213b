#include "signing/format/suit_process.h"

enum parameter {
	PARAMETER_VENDOR = 1,
	PARAMETER_CLASS = 2,
	PARAMETER_IMAGE = 3,
	PARAMETER_SLOT = 5,
	PARAMETER_STRICT_ORDER = 12,
	PARAMETER_SOFT_FAILURE = 13,
	PARAMETER_SIZE = 14,
	PARAMETER_CONTENT = 18,
	PARAMETER_URI = 21,
	PARAMETER_SOURCE = 22,
	PARAMETER_INVOKE_ARGS = 23,
	PARAMETER_DEVICE = 24,
};

/* How a sequence is run. */
struct scope {
	struct suit_run *run;
	bool shared;      /* nothing that acts may stand here */
	unsigned nesting; /* 0: the element itself */
};

static enum refusal run_commands(const struct scope *scope, struct span commands);

/* ---- parameters ----------------------------------------------------------------------------- */

static void in_image(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct cbor_in wrapped = cbor_in(cbor_in_bytes(in));
	enum refusal refusal;

	if (in->refusal != REFUSAL_NONE)
		return;
	suit_in_digest(&wrapped, cbor_place(object, field));
	refusal = cbor_in_end(&wrapped);
	if (refusal != REFUSAL_NONE)
		cbor_in_refuse(in, refusal);
}

static void in_number(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct suit_number *number = cbor_place(object, field);

	number->value = cbor_in_uint(in);
	number->set = true;
}

/* Both are as they are without being asked: true within try-each, and always. */
static void in_flag(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	(void)object;
	(void)field;
	if (!cbor_in_bool(in))
		cbor_in_refuse(in, REFUSAL_SUIT_UNSUPPORTED);
}

#define AT(member) offsetof(struct suit_component, member)
static const struct cbor_field parameter_fields[] = {
    {cbor_field_id, AT(vendor), PARAMETER_VENDOR, false},
    {cbor_field_id, AT(class), PARAMETER_CLASS, false},
    {in_image, AT(image), PARAMETER_IMAGE, false},
    {in_number, AT(slot), PARAMETER_SLOT, false},
    {in_flag, 0, PARAMETER_STRICT_ORDER, false},
    {in_flag, 0, PARAMETER_SOFT_FAILURE, false},
    {in_number, AT(size), PARAMETER_SIZE, false},
    {cbor_field_bytes, AT(content), PARAMETER_CONTENT, false},
    {cbor_field_text, AT(uri), PARAMETER_URI, false},
    {in_number, AT(source), PARAMETER_SOURCE, false},
    {cbor_field_bytes, AT(invoke_args), PARAMETER_INVOKE_ARGS, false},
    {cbor_field_id, AT(device), PARAMETER_DEVICE, false},
};
#undef AT
CBOR_SHAPE(parameter_shape, parameter_fields, SUIT_UNSUPPORTED);

/* ---- commands ------------------------------------------------------------------------------- */

static enum refusal match(struct span parameter, struct span own, enum refusal other)
{
	if (!parameter.p)
		return REFUSAL_SUIT_PARAMETER;
	return own.p && bytes_equal(parameter, own) ? REFUSAL_NONE : other;
}

/* Number, true (all of them) or a list of numbers, as bits. */
static uint32_t in_selection(struct cbor_in *in, size_t components)
{
	uint32_t selected = 0;
	size_t n = 1;

	if (cbor_in_peek(in) == CBOR_SIMPLE)
		return cbor_in_bool(in) ? ((uint32_t)1 << components) - 1 : 0;
	if (cbor_in_peek(in) == CBOR_ARRAY)
		n = cbor_in_array(in, 1, SUIT_COMPONENTS_MAX);
	for (; n; n--) {
		uint32_t i = cbor_in_small(in, UINT32_MAX);

		if (i >= components) {
			cbor_in_refuse(in, REFUSAL_SUIT_COMPONENT);
			break;
		}
		selected |= (uint32_t)1 << i;
	}
	return selected;
}

static enum refusal select_components(const struct scope *scope, struct span argument)
{
	struct cbor_in in = cbor_in(argument);
	uint32_t selected = in_selection(&in, scope->run->manifest->component_count);

	REFUSE_IF(cbor_in_end(&in));
	if (selected == 0)
		return REFUSAL_SUIT_COMPONENT;
	scope->run->selected = selected;
	return REFUSAL_NONE;
}

/* A condition that failed, so that try-each goes on to its next sequence. */
static bool is_condition(enum refusal refusal)
{
	return refusal >= REFUSAL_SUIT_VENDOR && refusal <= REFUSAL_SUIT_ABORT;
}

/* The bstr of a sequence as an argument or in a list. */
static enum refusal run_nested(const struct scope *scope, struct span commands)
{
	struct scope inner = {scope->run, scope->shared, scope->nesting + 1};

	if (inner.nesting >= SUIT_NESTING_MAX)
		return REFUSAL_CBOR_DEPTH;
	return run_commands(&inner, commands);
}

/* The first sequence whose conditions hold; a nil at the end holds always. */
static enum refusal try_each(const struct scope *scope, struct span argument)
{
	struct cbor_in in = cbor_in(argument);
	uint32_t selected = scope->run->selected;
	enum refusal refusal = REFUSAL_SUIT_ABORT;

	for (size_t n = cbor_in_array(&in, 1, SUIT_COMPONENTS_MAX); n; n--) {
		struct span commands;

		if (n == 1 && cbor_in_null(&in))
			return cbor_in_end(&in);
		commands = cbor_in_bytes(&in);
		if (in.refusal != REFUSAL_NONE)
			return in.refusal;
		scope->run->selected = selected;
		refusal = run_nested(scope, commands);
		if (!is_condition(refusal))
			return refusal;
	}
	return in.refusal != REFUSAL_NONE ? in.refusal : refusal;
}

/* What the device does. It is not asked where the parameter it would need is not set. */
static enum refusal act(const struct scope *scope, int command, size_t i)
{
	const struct suit_component *c = &scope->run->components[i];
	const struct suit_device *device = scope->run->device;
	const bool has_source =
	    c->source.set && c->source.value < scope->run->manifest->component_count;
	const struct {
		uint8_t command;
		bool has;
	} commands[] = {
	    {SUIT_CONDITION_IMAGE, c->image.bytes.p},
	    {SUIT_CONDITION_SLOT, c->slot.set},
	    {SUIT_CONDITION_CONTENT, c->content.p},
	    {SUIT_WRITE, c->content.p},
	    {SUIT_FETCH, c->uri.p},
	    {SUIT_COPY, has_source},
	    {SUIT_RUN_INVOKE, true},
	    {SUIT_SWAP, has_source},
	};

	for (size_t row = 0; row < COUNT(commands); row++) {
		if (commands[row].command != command)
			continue;
		if (!commands[row].has)
			return REFUSAL_SUIT_PARAMETER;
		if (scope->shared && command > SUIT_CONDITION_ABORT)
			return REFUSAL_SUIT_SHARED;
		return device->act(device->context, (enum suit_command)command, i, c);
	}
	return REFUSAL_SUIT_UNSUPPORTED;
}

/* One command for one component. */
static enum refusal run_one(const struct scope *scope, int command, struct span argument, size_t i)
{
	struct suit_component *c = &scope->run->components[i];
	const struct suit_device *device = scope->run->device;
	struct cbor_in in = cbor_in(argument);
	struct span commands;

	switch (command) {
	case SUIT_OVERRIDE: return cbor_read_fields(argument, &parameter_shape, c);
	case SUIT_TRY_EACH: return try_each(scope, argument);
	case SUIT_RUN_SEQUENCE:
		commands = cbor_in_bytes(&in);
		REFUSE_IF(cbor_in_end(&in));
		return run_nested(scope, commands);
	default: break;
	}
	cbor_in_small(&in, SUIT_REPORT_MAX);
	REFUSE_IF(cbor_in_end(&in));
	switch (command) {
	case SUIT_CONDITION_VENDOR: return match(c->vendor, device->vendor, REFUSAL_SUIT_VENDOR);
	case SUIT_CONDITION_CLASS: return match(c->class, device->class, REFUSAL_SUIT_CLASS);
	case SUIT_CONDITION_DEVICE: return match(c->device, device->device, REFUSAL_SUIT_DEVICE);
	case SUIT_CONDITION_ABORT: return REFUSAL_SUIT_ABORT;
	default: return act(scope, command, i);
	}
}

static enum refusal run_for_selected(const struct scope *scope, int command, struct span argument)
{
	uint32_t selected = scope->run->selected;
	enum refusal refusal = REFUSAL_NONE;

	if (selected == 0)
		return REFUSAL_SUIT_COMPONENT;
	for (size_t i = 0; refusal == REFUSAL_NONE && i < SUIT_COMPONENTS_MAX; i++) {
		if ((selected >> i & 1) == 0)
			continue;
		/* Sequences within are run for each component by itself. */
		scope->run->selected = (uint32_t)1 << i;
		refusal = run_one(scope, command, argument, i);
	}
	scope->run->selected = selected;
	return refusal;
}

static enum refusal run_commands(const struct scope *scope, struct span commands)
{
	struct cbor_in in = cbor_in(commands);
	size_t n = cbor_in_array(&in, 2, (size_t)2 * SUIT_COMMANDS_MAX);

	for (; n > 1; n -= 2) {
		int command = cbor_in_int(&in);
		struct span argument = cbor_in_item(&in);

		if (in.refusal != REFUSAL_NONE)
			return in.refusal;
		REFUSE_IF(command == SUIT_SET_COMPONENT
			      ? select_components(scope, argument)
			      : run_for_selected(scope, command, argument));
	}
	return n ? REFUSAL_CBOR_COUNT : cbor_in_end(&in);
}

/* ---- elements ------------------------------------------------------------------------------- */

/* With one component it is selected; with several every sequence begins by saying which. */
static enum refusal run_element(struct suit_run *run, struct span commands, bool shared)
{
	struct scope scope = {run, shared, 0};

	run->selected = run->manifest->component_count == 1;
	return commands.p ? run_commands(&scope, commands) : REFUSAL_NONE;
}

enum refusal suit_run_start(
    struct suit_run *run, const struct suit_manifest *manifest, const struct suit_device *device)
{
	memset(run, 0, sizeof(*run));
	run->manifest = manifest;
	run->device = device;
	return manifest->extension ? REFUSAL_SUIT_UNSUPPORTED : REFUSAL_NONE;
}

enum refusal suit_run_shared(struct suit_run *run)
{
	memset(run->components, 0, sizeof(run->components));
	return run_element(run, run->manifest->shared, true);
}

enum refusal suit_run_is_for(const struct suit_run *run)
{
	for (size_t i = 0; i < run->manifest->component_count; i++) {
		const struct suit_component *c = &run->components[i];

		if (i > 0 && !c->vendor.p && !c->class.p)
			continue;
		REFUSE_IF(match(c->vendor, run->device->vendor, REFUSAL_SUIT_VENDOR));
		REFUSE_IF(match(c->class, run->device->class, REFUSAL_SUIT_CLASS));
	}
	return REFUSAL_NONE;
}

enum refusal suit_run(struct suit_run *run, enum suit_element element)
{
	bool away;
	struct span commands = suit_manifest_element(run->manifest, element, &away);

	if (away)
		return REFUSAL_SUIT_SEVERED;
	REFUSE_IF(suit_run_shared(run));
	return run_element(run, commands, false);
}
