#!/usr/bin/env bats
# The house rules find what they are there to find.

setup() {
	rules=$BATS_TEST_DIRNAME/house.awk
	cd "$BATS_TEST_TMPDIR"
	mkdir -p base access hsm sql ca api signing/format clients/device tests
	: >allow
}

house() {
	awk -v allow=allow -f "$rules" "$@"
}

# breaks FILE TEXT-OF-FAULT: the file, whose content comes from standard input, is refused with these words
breaks() {
	cat >"$1"
	run house "$1"
	[ "$status" = 1 ]
	[[ $output == *"$1:"*"$2"* ]]
}

@test "a sound file passes" {
	printf '#include "base/a.h"\n#include "ca/b.h"\n\nint f(void)\n{\n\treturn 1;\n}\n' >ca/x.c
	house ca/x.c
}

@test "an upward include is found" {
	echo '#include "ca/policy.h"' | breaks base/x.c 'base must not include ca/policy.h'
	echo '#include "api/api.h"' | breaks ca/x.c 'ca must not include'
}

@test "access is pure: no SQL below it" {
	echo '#include "sql/db.h"' | breaks access/x.c 'access must not include sql/db.h'
	echo '#include "access/access.h"' >ca/y.c
	house ca/y.c
}

@test "api never includes hsm" {
	echo '#include "hsm/hsm.h"' | breaks api/x.c 'api must not include hsm/hsm.h'
}

@test "ca includes signing/format but not signing" {
	echo '#include "signing/format/entry.h"' >ca/x.c
	house ca/x.c
	echo '#include "signing/release.h"' | breaks ca/x.c 'must not include signing/release.h'
}

@test "folders of one level do not include each other" {
	echo '#include "hsm/hsm.h"' | breaks sql/x.c 'sql must not include'
}

@test "clients know base and signing/format alone" {
	echo '#include "ca/csr.h"' | breaks clients/device/x.c 'must not include ca/csr.h'
}

@test "an internal header stays in its folder" {
	echo '#include "sql/db_internal.h"' | breaks ca/x.c 'is for sql alone'
}

@test "sources do not include tests" {
	echo '#include "tests/lib/pki.h"' | breaks ca/x.c 'must not include'
}

@test "a function of 101 lines is found by name, one of 100 is not" {
	{ echo 'static int long_one(int a)'; echo '{'; yes '	a++;' | head -n 98; echo '}'; } >ca/x.c
	house ca/x.c
	{ echo 'static int long_one(int a)'; echo '{'; yes '	a++;' | head -n 99; echo '}'; } |
		breaks ca/x.c 'long_one has 101 lines'
}

@test "a long file and a long header are found" {
	yes '/* */' | head -n 601 | breaks ca/x.c '601 lines'
	yes '/* */' | head -n 151 | breaks ca/x.h '151 lines'
}

@test "a row of allow lets one thing pass, up to its own bound, and must be needed" {
	yes '/* */' | head -n 151 >ca/x.h
	echo 'ca/x.h 155 one table' >allow
	house ca/x.h
	yes '/* */' | head -n 156 | breaks ca/x.h '156 lines'
	yes '/* */' | head -n 10 >ca/x.h
	run house ca/x.h
	[ "$status" = 1 ]
	[[ $output == *"nothing needs"* ]]
}

@test "SQL outside sql is found" {
	echo 'const char *q = "SELECT 1 FROM device";' | breaks ca/x.c 'SQL stands in sql/ alone'
	echo '#include <libpq-fe.h>' | breaks api/x.c 'SQL stands in sql/ alone'
}

@test "a source outside the folders is found" {
	echo 'int a;' | breaks x.c 'outside the folders'
}
