# Signet. `make help` lists what can be made.
#
#   FLAVOUR  release (default), debug, asan (ASan+UBSan), tsan, fuzz (clang, libFuzzer)
#   BUILD    where everything goes (default build/)

FLAVOUR ?= release
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := $(shell sed -n 's/^version=//p' deploy/version 2>/dev/null)
OUT     := $(BUILD)/$(FLAVOUR)
GEN     := $(OUT)/gen

# ---- compiler and flags -------------------------------------------------------------------------

PKGS     := libssl libcrypto libmicrohttpd libpq yaml-0.1
PKGS_DEV := libcurl
WARN     := -Wall -Wextra -Werror -Wshadow -Wcast-qual -Wconversion -Wstrict-prototypes \
            -Wmissing-prototypes
HARDEN   := -fstack-protector-strong -fstack-clash-protection -fPIE
CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2
CFLAGS_debug   := -O0 -g3
CFLAGS_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CFLAGS_tsan    := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
CFLAGS_fuzz    := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
                  -fno-sanitize-recover=all
LDFLAGS_asan   := -fsanitize=address,undefined
LDFLAGS_tsan   := -fsanitize=thread
LDFLAGS_fuzz   := -fsanitize=fuzzer,address,undefined

ifeq ($(FLAVOUR),fuzz)
CC := clang
endif
ifeq ($(filter $(FLAVOUR),release debug asan tsan fuzz),)
$(error FLAVOUR=$(FLAVOUR) is not one of release debug asan tsan fuzz)
endif

CPPFLAGS += -std=c11 -D_GNU_SOURCE -I. -I$(GEN) -DSIGNET_VERSION='"$(VERSION)"' \
            $(shell pkg-config --cflags $(PKGS) $(PKGS_DEV) 2>/dev/null)
CFLAGS   += $(WARN) $(HARDEN) $(CFLAGS_$(FLAVOUR)) -pthread
LDFLAGS  += -pie -Wl,-z,relro,-z,now -pthread $(LDFLAGS_$(FLAVOUR))
LIBS      = $(shell pkg-config --libs $(PKGS))
LIBS_DEV  = $(shell pkg-config --libs libssl libcrypto yaml-0.1 $(PKGS_DEV))

# ---- the house: a folder is an archive; what it may link to stands behind it ----------------------

FOLDERS := base hsm sql format ca api server device
dir_base := base
dir_hsm := hsm
dir_sql := sql
dir_format := signing/format
dir_ca := ca
dir_api := api
dir_server := server
dir_device := clients/device

needs_base := base
needs_hsm := hsm base
needs_format := format base
needs_sql := sql format base
needs_ca := ca sql hsm format base
needs_api := api $(needs_ca)
needs_server := server $(needs_api)
needs_device := device base

archives = $(foreach f,$(needs_$(1)),$(OUT)/lib$(f).a)
objects  = $(patsubst %.c,$(OUT)/%.o,$(filter-out %/main.c,$(wildcard $(dir_$(1))/*.c)))

PROGRAMS := signetd signet-device
main_signetd := server
main_signet-device := device

.PHONY: all programs help
all: programs
programs: $(PROGRAMS:%=$(BUILD)/%)

help:
	@echo 'make            build signetd and signet-device into $(BUILD)/'
	@echo 'make deps       install what building, testing and running needs (Debian, root or sudo)'
	@echo 'make run        a demo server in the foreground; Ctrl-C stops it, data stays in var/'
	@echo 'make demo       the whole tour, by itself: enroll, renew, refuse; nothing left running'
	@echo 'make test       everything that can be tested on one machine'
	@echo 'make bench      measurements, for people and into $(BUILD)/bench.json'
	@echo 'make lint fmt fuzz torture install clean'
	@echo 'FLAVOUR=release|debug|asan|tsan   BUILD=dir   DESTDIR= PREFIX='

# ---- generated: SQL embedded ----------------------------------------------------------------------

$(GEN)/sql_queries.c $(GEN)/sql_queries.h &: sql/embed.sh $(wildcard sql/queries/*.sql) $(wildcard sql/migrations/*.sql)
	@mkdir -p $(GEN)
	sh sql/embed.sh $(GEN)

$(OUT)/gen/sql_queries.o: $(GEN)/sql_queries.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# ---- archives and programs -------------------------------------------------------------------------

$(OUT)/%.o: %.c | $(GEN)/sql_queries.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

define archive_rule
.PHONY: lib-$(1)
lib-$(1): $(OUT)/lib$(1).a
$(OUT)/lib$(1).a: $(call objects,$(1)) $(if $(filter sql,$(1)),$(OUT)/gen/sql_queries.o)
	@rm -f $$@
	$(AR) rcs $$@ $$^
endef
$(foreach f,$(FOLDERS),$(eval $(call archive_rule,$(f))))

define program_rule
$(OUT)/$(1): $(OUT)/$(dir_$(main_$(1)))/main.o $(call archives,$(main_$(1)))
	$(CC) $(LDFLAGS) -o $$@ $$^ $(if $(filter device,$(main_$(1))),$(LIBS_DEV),$(LIBS))
# The plain name is the release build's.
$(BUILD)/$(1): $(OUT)/$(1)
	@mkdir -p $$(@D)
	$(if $(filter release,$(FLAVOUR)),cp -f $$< $$@,@true)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rule,$(p))))

# ---- tests ----------------------------------------------------------------------------------------
# unit-FOLDER builds and runs tests/unit/FOLDER; `make test` runs all that there is, sanitized.

UNITS := $(filter $(notdir $(wildcard tests/unit/*)),$(FOLDERS))
TEST_LIB := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/lib/*.c))
# An archive: a test program takes from it what it names, and nothing for those that need no database.
$(OUT)/libtest.a: $(TEST_LIB)
	@rm -f $@
	$(AR) rcs $@ $^
unit_objects = $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/unit/$(1)/*.c))

define unit_rule
.PHONY: unit-$(1)
unit-$(1): $(OUT)/unit-$(1)
	$(OUT)/unit-$(1) $(CRITERION)
$(OUT)/unit-$(1): $(call unit_objects,$(1)) $(OUT)/libtest.a $(call archives,$(1))
	$(CC) $(LDFLAGS) -o $$@ $$^ $(LIBS) $(LIBS_DEV) -lcriterion
endef
$(foreach f,$(FOLDERS),$(eval $(call unit_rule,$(f))))

.PHONY: unit-binaries
unit-binaries: $(UNITS:%=$(OUT)/unit-%)

define fuzz_rule
$(OUT)/$(1): $(OUT)/tests/fuzz/$(1).o $(call archives,server)
	$(CC) $(LDFLAGS) -o $$@ $$^ $(LIBS)
endef
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
$(foreach f,$(FUZZERS),$(eval $(call fuzz_rule,$(f))))
.PHONY: fuzzers
fuzzers: $(FUZZERS:%=$(OUT)/%)

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)

# ---- for people ------------------------------------------------------------------------------------

.PHONY: deps run demo fmt clean
deps:
	deploy/deps
run:
	deploy/run
demo:
	deploy/demo.sh
fmt:
	clang-format -i $$(git ls-files -co --exclude-standard '*.c' '*.h')
clean:
	rm -rf $(BUILD)
