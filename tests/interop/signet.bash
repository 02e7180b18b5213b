# tests/interop/signet.bash: who uses signet in the tests of a bats file, beside server.bash.
# shellcheck shell=bash
#
#   setup_file() { signet_start; }     teardown_file() { interop_stop; }     setup() { signet_setup; }

# shellcheck source=server.bash
. "${BASH_SOURCE[0]%/*}/server.bash"

signet_start() {
	interop_start
	# Every test runs in a process of its own: who acts goes through files.
	mkdir "$INTEROP_DIR/people"
	if [ -s "$INTEROP_DIR/admin.token" ]; then
		cp "$INTEROP_DIR/admin.token" "$INTEROP_DIR/people/admin"
	else
		stack_signetd admin admin >"$INTEROP_DIR/people/admin"
	fi
}

signet_setup() {
	interop_setup
	unset SIGNET_ADMIN_TOKEN
	export HOME=$BATS_TEST_TMPDIR PATH=$stack_bin:$PATH
	unset XDG_CONFIG_HOME XDG_STATE_HOME NO_COLOR
	people=$INTEROP_DIR/people
	device=$stack_bin/signet-device
	SIGNET_TOKEN=$(cat "$people/admin")
	export SIGNET_TOKEN
}

# as NAME COMMAND...: with that one's token, made at first sight
as() {
	local name=$1
	shift
	[ -s "$people/$name" ] || stack_signetd token "$name" --ttl 4h --break-glass "first login of $name" >"$people/$name"
	SIGNET_TOKEN=$(cat "$people/$name") "$@"
}

# person NAME ROLE [PRODUCT]: applied
person() {
	{
		printf 'kind: principal\nname: %s\ntype: person\n---\n' "$1"
		printf 'kind: binding\nname: %s-is-%s\nprincipal: %s\nrole: %s\n' "$1" "$2" "$1" "$2"
		[ $# -lt 3 ] || printf 'products: [%s]\n' "$3"
	} | signet apply -f -
}

enroll() { # STORE UNIT [OPTION...]
	"$device" enroll --store "$1" --server "$SIGNET_EST_URL" --cacert "$root" --quiet \
		--idevid-cert "$acme/$2.pem" --idevid-key "$acme/$2.key" "${@:3}"
}

# member NAME: of the one JSON object in $output
member() {
	python3 -c 'import json, sys; v = json.load(sys.stdin)
for name in sys.argv[1].split("."): v = v[int(name) if name.isdigit() else name]
print(v)' "$1" <<<"$output"
}
