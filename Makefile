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

PKGS     := libssl libcrypto libmicrohttpd libpq yaml-0.1 libcurl libjwt jansson
PKGS_DEV := libcurl
WARN     := -Wall -Wextra -Werror -Wshadow -Wcast-qual -Wconversion -Wstrict-prototypes \
            -Wmissing-prototypes
HARDEN   := -fstack-protector-strong -fstack-clash-protection -fPIE
CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2
CFLAGS_debug   := -O0 -g3
CFLAGS_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CFLAGS_tsan    := -O1 -g -fno-omit-frame-pointer -fsanitize=thread -Wno-format-zero-length
# (clang sees the casts inside OpenSSL's macros)
CFLAGS_fuzz    := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
                  -fno-sanitize-recover=all -Wno-cast-qual
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
# What a program links to that is not the server.
LIBS_device   = $(LIBS_DEV)
LIBS_operator = $(LIBS_DEV) $(shell pkg-config --libs jansson)

# ---- the house: a folder is an archive; what it may link to stands behind it ----------------------

FOLDERS := base access hsm sql format signing ca api server boot device operator
dir_base := base
dir_access := access
dir_hsm := hsm
dir_sql := sql
dir_format := signing/format
dir_signing := signing
dir_ca := ca
dir_api := api
dir_server := server
dir_boot := clients/device/boot
dir_device := clients/device
dir_operator := clients/operator

# Readers of signing/format that need no heap and no library: what a boot verifier is made of.
BOOT_FORMAT := cbor_read cbor_fields cose suit trust recall

needs_base := base
needs_access := access base
needs_hsm := hsm base
needs_format := format base
needs_sql := sql format base
needs_signing := signing sql hsm format access base
needs_ca := ca sql hsm format access base
needs_api := api signing $(needs_ca)
needs_server := server $(needs_api)
needs_boot := boot format base
needs_device := device boot format base
needs_operator := operator format base

archives = $(foreach f,$(needs_$(1)),$(OUT)/lib$(f).a)
objects  = $(patsubst %.c,$(OUT)/%.o,$(filter-out %/main.c,$(wildcard $(dir_$(1))/*.c)))

PROGRAMS := signetd signet signet-device
main_signetd := server
main_signet := operator
main_signet-device := device

.PHONY: all programs help
all: programs
programs: $(PROGRAMS:%=$(BUILD)/%)

help:
	@echo 'make            build signetd, signet and signet-device into $(BUILD)/'
	@echo 'make deps       install what building, testing and running needs (Debian, root or sudo)'
	@echo 'make run        a demo server in the foreground; Ctrl-C stops it, data stays in var/'
	@echo 'make demo       the whole tour, by itself: enroll, renew, refuse; nothing left running'
	@echo 'make test       everything that can be tested on one machine'
	@echo 'make size       code and stack of the boot verifier on Cortex-M, and into $(BUILD)/size.json'
	@echo 'make bench      measurements, for people and into $(BUILD)/bench.json'
	@echo 'make lint fmt fuzz torture drill install clean'
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
	$(CC) $(LDFLAGS) -o $$@ $$^ $(or $(LIBS_$(main_$(1))),$(LIBS))
# The plain name is the release build's.
$(BUILD)/$(1): $(OUT)/$(1)
	@mkdir -p $$(@D)
	$(if $(filter release,$(FLAVOUR)),cp -f $$< $$@,@true)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rule,$(p))))

# The boot verifier as integrators take it: freestanding, everything in one archive.
BOOT_SOURCES := $(sort $(wildcard clients/device/boot/*.c)) $(BOOT_FORMAT:%=signing/format/%.c)
$(OUT)/freestanding/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -ffreestanding -MMD -MP -c -o $@ $<
$(OUT)/libsignet-boot.a: $(BOOT_SOURCES:%.c=$(OUT)/freestanding/%.o)
	@rm -f $@
	$(AR) rcs $@ $^
.PHONY: libsignet-boot.a size
libsignet-boot.a: $(OUT)/libsignet-boot.a
# A boot loader around it, on a file that stands for flash.
$(OUT)/boot-example: $(OUT)/clients/device/boot/example/loader.o $(OUT)/libsignet-boot.a $(OUT)/libformat.a \
    $(OUT)/libbase.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_DEV)
$(OUT)/unit-boot: | $(OUT)/boot-example
# The same for Cortex-M: how much code and stack; into $(BUILD)/size.json too.
size:
	BUILD=$(BUILD) tests/size/run $(BOOT_SOURCES)

# ---- tests ----------------------------------------------------------------------------------------
# unit-FOLDER builds and runs tests/unit/FOLDER. `make test` (tests/run) runs all that there is, sanitized.
# ThreadSanitizer and Criterion's sandbox want the same memory: there a small runner of our own stands in.

UNITS    := $(filter $(notdir $(wildcard tests/unit/*)),$(FOLDERS))
TEST_LIB := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/lib/*.c))
ifeq ($(FLAVOUR),tsan)
CPPFLAGS  := -Itests/lib/plain $(CPPFLAGS)
RUNNER    := $(OUT)/tests/lib/plain/main.o
else
RUNNER    := -lcriterion
endif
unit_objects = $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/unit/$(1)/*.c))

define unit_rule
.PHONY: unit-$(1)
unit-$(1): $(OUT)/unit-$(1)
	$(OUT)/unit-$(1)
$(OUT)/unit-$(1): $(call unit_objects,$(1)) $(TEST_LIB) $(call archives,$(1)) $(call archives,sql) \
    $(filter %.o,$(RUNNER)) $(if $(filter-out hsm,$(1)),$(OUT)/tests/lib/scrypt/quick.o)
	$(CC) $(LDFLAGS) -o $$@ -Wl,--start-group $$^ -Wl,--end-group $(LIBS) $(LIBS_DEV) $(LIBS_operator) $(filter -l%,$(RUNNER))
endef
$(foreach f,$(FOLDERS),$(eval $(call unit_rule,$(f))))

# Files by HTTP, for tests and whoever tries things.
$(OUT)/fileserver: $(OUT)/tests/lib/fileserver/main.o $(OUT)/tests/lib/files.o $(OUT)/libbase.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_DEV)

# A clock that a test sets, preloaded into a server; without sanitizers, which are not its own.
$(OUT)/clock-shift.so: tests/lib/clock/shift.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -fPIC -shared -o $@ $<

$(OUT)/integration: $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/integration/*.c)) $(TEST_LIB) \
    $(call archives,sql) | $(PROGRAMS:%=$(OUT)/%) $(OUT)/clock-shift.so
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) $(RUNNER)

$(OUT)/bench: $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/bench/*.c)) $(TEST_LIB) \
    $(call archives,sql) | $(PROGRAMS:%=$(OUT)/%)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
define fuzz_rule
$(OUT)/$(1): $(OUT)/tests/fuzz/$(1).o $(OUT)/tests/lib/pki.o \
    $(if $(findstring device,$(1)),$(call archives,device),$(if $(findstring \
    operator,$(1)),$(call archives,operator),$(call archives,server)))
	$(CC) $(LDFLAGS) -o $$@ $$^ $(LIBS) $(LIBS_DEV) $(LIBS_operator)
endef
$(foreach f,$(FUZZERS),$(eval $(call fuzz_rule,$(f))))

.PHONY: unit-binaries test-binaries fuzzers test fuzz torture drill bench lint
unit-binaries: $(UNITS:%=$(OUT)/unit-%)
test-binaries: unit-binaries $(OUT)/integration $(PROGRAMS:%=$(OUT)/%)
fuzzers: $(FUZZERS:%=$(OUT)/%)

test:
	tests/run unit tsan system fuzz
# What one core manages in a few minutes, without sanitizers.
test-quick:
	tests/run quick
# SECONDS_EACH of every fuzzer (default 600); what they find stays in tests/fuzz/corpus.
fuzz:
	SECONDS_EACH=$${SECONDS_EACH:-600} tests/run fuzz
# 200 times kill -9 of server, client and PostgreSQL during a load; 300 power cuts of a device that updates.
torture:
	TORTURE_KILLS=$${TORTURE_KILLS:-200} UPDATE_CUTS=$${UPDATE_CUTS:-300} tests/run torture
# The database away for a minute at a time, whoever publishes a large list killed 50 times, a full disk, clocks.
drill:
	STATUS_AWAY_S=$${STATUS_AWAY_S:-60} STATUS_KILLS=$${STATUS_KILLS:-50} \
	    STATUS_ENTRIES=$${STATUS_ENTRIES:-200000} tests/run drill
bench: $(BUILD)/signetd $(OUT)/bench
	$(OUT)/bench $(BUILD)/bench.json
lint:
	tests/lint/run

# Kept between runs: make would delete them as intermediate.
.SECONDARY:

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)

# ---- for people ------------------------------------------------------------------------------------

.PHONY: deps run demo fmt clean test-quick
deps:
	deploy/deps
run:
	deploy/run
demo:
	deploy/demo.sh
# signetd, signet with its manual pages and completions, signet-device, the device library with its
# header, unit file, documents.
.PHONY: install
install: programs $(OUT)/libsignet-device.a
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/lib \
	    $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/lib/systemd/system \
	    $(DESTDIR)$(PREFIX)/share/doc/signet $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	    $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 755 $(BUILD)/signetd $(DESTDIR)$(PREFIX)/sbin/signetd
	install -m 755 $(BUILD)/signet $(DESTDIR)$(PREFIX)/bin/signet
	install -m 755 $(BUILD)/signet-device $(DESTDIR)$(PREFIX)/bin/signet-device
	$(BUILD)/signet man --directory $(DESTDIR)$(PREFIX)/share/man/man1
	$(BUILD)/signet completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/signet
	$(BUILD)/signet completion zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_signet
	$(BUILD)/signet completion fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/signet.fish
	install -m 644 $(OUT)/libsignet-device.a $(DESTDIR)$(PREFIX)/lib/libsignet-device.a
	install -m 644 clients/device/signet-device.h clients/device/signet-device-reset.h \
	    clients/device/signet-device-slots.h clients/device/signet-device-update.h $(DESTDIR)$(PREFIX)/include/
	sed 's|/usr/|$(PREFIX)/|' deploy/signetd.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/signetd.service
	chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/signetd.service
	install -d $(DESTDIR)$(PREFIX)/share/signet/ci/github
	install -m 755 clients/ci/signet-sign.sh $(DESTDIR)$(PREFIX)/share/signet/ci/
	install -m 644 clients/ci/github/action.yml $(DESTDIR)$(PREFIX)/share/signet/ci/github/
	install -m 644 clients/ci/gitlab/signet-sign.yml clients/ci/jenkins/Jenkinsfile \
	    $(DESTDIR)$(PREFIX)/share/signet/ci/
	install -m 644 README.md CHANGELOG.md SECURITY.md docs/*.md $(DESTDIR)$(PREFIX)/share/doc/signet/
# The library as others link it: with base/ inside, and no names outside but signet_...
$(OUT)/libsignet-device.a: $(call archives,device)
	$(LD) -r -o $(OUT)/signet-device-whole.o --whole-archive $^
	objcopy --wildcard --keep-global-symbol='signet_*' $(OUT)/signet-device-whole.o
	@rm -f $@
	$(AR) rcs $@ $(OUT)/signet-device-whole.o
fmt:
	clang-format -i $$(git ls-files -co --exclude-standard '*.c' '*.h')
clean:
	rm -rf $(BUILD)
