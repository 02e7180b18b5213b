#!/usr/bin/env bats
# make size: the cross compiler's view of the boot verifier, and that the measure notices what it should.

setup() {
	top=$BATS_TEST_DIRNAME/../..
	if ! command -v arm-none-eabi-gcc >/dev/null; then skip "arm-none-eabi-gcc is not installed"; fi
	export BUILD=$BATS_TEST_TMPDIR/build
	export CPUS=cortex-m4
}

# measure CODE: of one more source with a function that a boot loader would call
measure() {
	mkdir -p "$BUILD"
	cat >"$BUILD/more.c"
	"$top/tests/size/run" "$BUILD/more.c"
}

@test "the boot verifier keeps its bounds on every processor" {
	unset CPUS
	run make -s -C "$top" BUILD="$BUILD" size
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *cortex-m4*"code, octets"*cortex-m0plus*"code, octets"* ]]
	python3 - "$BUILD/size.json" <<-'END'
		import json, sys
		result = json.load(open(sys.argv[1]))
		for cpu in ("cortex-m4", "cortex-m0plus"):
		    r = result["cpus"][cpu]
		    assert 4000 < r["loader_code"] <= result["code_max"] == 8192, r["loader_code"]
		    assert 1000 < r["loader_stack"] <= result["stack_max"] == 2048, r["loader_stack"]
		    assert sum(p["loader"] for p in r["parts"].values()) == r["loader_code"]
		    assert "signet_boot_choose" in r["entries"] and "signet_boot_confirm" in r["entries"]
	END
}

@test "without the cross compiler it says that it was skipped" {
	CROSS=no-such-compiler- run "$top/tests/size/run" x.c
	[ "$status" = 0 ]
	[[ $output == "size: skipped: no no-such-compiler-gcc"* ]]
}

@test "heap and anything else of a library is noticed" {
	run measure <<-'END'
		#include <stddef.h>
		void *malloc(size_t n);
		void *signet_boot_choose(void);
		void *signet_boot_choose(void) { return malloc(8); }
	END
	[ "$status" = 1 ]
	[[ $output == *"undefined, and not the integrator's to give: malloc"* ]]
}

@test "recursion is noticed" {
	run measure <<-'END'
		int signet_boot_choose(int n);
		__attribute__((noinline)) static int other(int n) { return signet_boot_choose(n - 1) + n; }
		int signet_boot_choose(int n) { return n > 0 ? other(n) * 3 : 0; }
	END
	[ "$status" = 1 ]
	[[ $output == *"recursion: "* ]]
}

@test "a frame whose size is not fixed is noticed" {
	run measure <<-'END'
		int signet_boot_choose(int n, void (*use)(char *));
		int signet_boot_choose(int n, void (*use)(char *)) { char room[n]; use(room); return room[0]; }
	END
	[ "$status" = 1 ]
	[[ $output == *"a frame whose size is not fixed"* ]]
}

@test "too much stack, along a chain of calls, is noticed" {
	run measure <<-'END'
		int signet_boot_choose(void (*use)(char *));
		__attribute__((noinline)) static int inner(void (*use)(char *)) { char room[1200]; use(room); return room[1]; }
		int signet_boot_choose(void (*use)(char *)) { char room[900]; use(room); return inner(use) + room[0]; }
	END
	[ "$status" = 1 ]
	[[ $output == *"stack: 2"[0-9][0-9][0-9]" octets, more than 2048"* ]]
}

@test "too much code, constants included, is noticed" {
	run measure <<-'END'
		unsigned signet_boot_choose(unsigned i);
		static const unsigned char table[8200] = {1, 2, 3};
		unsigned signet_boot_choose(unsigned i) { return table[i % 8200]; }
	END
	[ "$status" = 1 ]
	[[ $output == *"code of the boot loader's part: 8"[0-9][0-9][0-9]" octets, more than 8192"* ]]
}

@test "a function that is called through a pointer nobody knows of is noticed" {
	run measure <<-'END'
		typedef int call(int);
		__attribute__((noinline)) static int called(int n) { volatile char room[3000]; room[n] = 1; return room[0]; }
		extern void signet_boot_keep(call *c);
		call *signet_boot_kept(void);
		call *signet_boot_kept(void) { return called; }
		int signet_boot_choose(int n);
		int signet_boot_choose(int n) { return signet_boot_kept()(n); }
	END
	[ "$status" = 1 ]
	[[ $output == *"keeps its address; who calls it is not known here"* ]]
}
