#!/usr/bin/env bats
# The table of what is refused (docs/signing.md): each row's test is there, and its file demands the row's reasons.

setup() {
	top=$BATS_TEST_DIRNAME/../..
	rows=$BATS_TEST_TMPDIR/rows
	sed -n '/^## What is refused/,$s/^| [^-].* | \(`.*`\) | \(`.*`\) |$/\1|\2/p' "$top/docs/signing.md" >"$rows"
}

# file_of TEST: where "suite.name" or "file.bats" stands
file_of() {
	case $1 in
	*.bats) ls "$top/tests/interop/$1" ;;
	*) grep -rlE "^Test\\(${1%%.*}, ${1#*.}[,)]" "$top/tests/unit" "$top/tests/integration" ;;
	esac
}

# constants of a reason: as enum refusal has it; a reason of the server is named by its code
names_of() {
	echo "$1"
	echo "$1" | tr a-z.- A-Z__
}

@test "every attempt of the table has its test, and the test its reason" {
	local reasons tests reason test wrong=0
	[ "$(wc -l <"$rows")" -ge 40 ]
	while IFS='|' read -r reasons tests; do
		: >"$BATS_TEST_TMPDIR/files"
		while read -r test; do
			file_of "$test" >>"$BATS_TEST_TMPDIR/files" || {
				echo "there is no test $test"
				wrong=1
			}
		done < <(grep -oE '`[^`]+`' <<<"$tests" | tr -d '`')
		while read -r reason; do
			# shellcheck disable=SC2046 # paths of ours have no blanks
			grep -qFf <(names_of "$reason") $(cat "$BATS_TEST_TMPDIR/files") || {
				echo "$tests does not demand $reason"
				wrong=1
			}
		done < <(grep -oE '`[^`]+`' <<<"$reasons" | tr -d '`')
	done <"$rows"
	[ "$wrong" = 0 ]
}
