# tests/interop/server.bash: one private Signet for the tests of a bats file.
# shellcheck shell=bash
#
#   setup_file()    { interop_start; }
#   teardown_file() { interop_stop; }
#   setup()         { interop_setup; }
#
# Then, in each test: $BATS_TEST_TMPDIR is the current directory; $est is the EST URL without label;
# $root, $issuing, $cacerts are PEM files; $acme holds the units of the demo manufacturer, $mallory those
# of one whom nobody trusts.

# shellcheck source=../../deploy/demo/stack.bash
. "${BASH_SOURCE[0]%/*}/../../deploy/demo/stack.bash"

interop_start() {
	local dir
	dir=$(mktemp -d "${SIGNET_TEST_PLACE:-/tmp}/signet-interop.XXXXXX")
	export INTEROP_DIR=$dir
	stack_use "$dir"
	interop_prepare
	stack_start
	export INTEROP_SERVER=$stack_server
	interop_save_ports
}

# The first file of a slot of tests/run makes a stack, those that follow there begin with a copy of it, on the same
# ports: they stand in its policy.
interop_prepare() {
	local kept=${SIGNET_TEST_PLACE:-}/kept-stack-${SIGNET_TEST_SLOT:-}
	if [ -n "${SIGNET_TEST_PLACE:-}" ] && [ -n "${SIGNET_TEST_SLOT:-}" ]; then
		[ -d "$kept" ] || interop_keep "$kept"
		# shellcheck source=/dev/null
		. "$kept/ports"
		if ! stack_port_taken "$stack_device_port" && ! stack_port_taken "$stack_operator_port" &&
			! stack_port_taken "$stack_public_port"; then
			cp -a "$kept/." "$stack_dir/"
			stack_prepare
			return
		fi
	fi
	stack_free_ports
	stack_prepare
}

interop_keep() { # DIRECTORY
	stack_free_ports
	stack_prepare
	"$stack_top/deploy/private-postgres" stop "$stack_dir/postgres"
	interop_save_ports
	rm -rf "$1.new"
	cp -a "$stack_dir" "$1.new"
	rm -f "$1.new/lock" "$1.new/pid"
	mv "$1.new" "$1"
	stack_clear
}

# Every test runs in a process of its own: what they need of the stack goes through a file.
interop_save_ports() {
	declare -p stack_device_port stack_operator_port stack_public_port |
		sed 's/^declare --/declare -g/' >"$INTEROP_DIR/ports"
}

interop_setup() {
	cd "$BATS_TEST_TMPDIR"
	# Where signet keeps what it saw last of the log: copies of one stack have logs that part.
	export HOME=$INTEROP_DIR/home
	mkdir -p "$HOME"
	unset XDG_CONFIG_HOME XDG_STATE_HOME
	stack_dir=$INTEROP_DIR
	stack_config=$stack_dir/signetd.yaml
	# shellcheck source=/dev/null
	. "$stack_dir/env"
	# shellcheck source=/dev/null
	. "$stack_dir/ports"
	est=$SIGNET_EST_URL/.well-known/est
	root=$stack_dir/state/root.pem
	acme=$stack_dir/acme
	mallory=$stack_dir/mallory
	cacerts=$BATS_FILE_TMPDIR/cacerts.pem
	issuing=$BATS_FILE_TMPDIR/issuing.pem
	[ -s "$issuing" ] || interop_fetch_cacerts
	: "$mallory" "$issuing"
}

interop_fetch_cacerts() {
	curl -fsS --cacert "$root" "$est/cacerts" | openssl base64 -d -A |
		openssl pkcs7 -inform DER -print_certs | sed -n '/BEGIN/,/END/p' >"$cacerts"
	stack_issuing_of "$cacerts" >"$issuing"
}

interop_stop() {
	stack_dir=$INTEROP_DIR
	stack_server=$INTEROP_SERVER
	local status=0
	stack_stop || status=$?
	if grep -aE 'Sanitizer|runtime error:' "$stack_dir"/signetd.log* >&2; then
		status=1
	fi
	stack_clear
	rm -rf --one-file-system "$INTEROP_DIR"
	return $status
}

# soon COMMAND...: until it holds; a busy machine takes its time
soon() {
	local tries
	for tries in {1..150}; do
		"$@" && return
		sleep 0.1
	done
	echo "not in $tries tries: $*"
	return 1
}

# request NAME [OPENSSL-GENPKEY-OPTION...]: NAME.key and NAME.b64, a request without a subject
request() {
	local name=$1
	shift
	[ $# -gt 0 ] || set -- -algorithm EC -pkeyopt ec_paramgen_curve:P-256
	openssl genpkey "$@" -out "$name.key"
	openssl req -new -key "$name.key" -subj / -outform DER | openssl base64 -A -out "$name.b64"
}

# renewal NAME OLD: NAME.key and NAME.b64 for a new key, with subject and extensions as in OLD.pem
renewal() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"
	openssl x509 -x509toreq -in "$2.pem" -copy_extensions copyall -signkey "$1.key" -out "$1.csr"
	openssl req -in "$1.csr" -outform DER | openssl base64 -A -out "$1.b64"
}

# post PATH CERT KEY BODY [CURL-OPTION...]: sets status; files reply, headers
post() {
	status=$(curl -sS -o reply -D headers -w '%{http_code}' --cacert "$root" --cert "$2" --key "$3" \
		-H 'Content-Type: application/pkcs10' --data "@$4" "${@:5}" "$est/$1")
}

# issued FILE: the one certificate of reply, as PEM
issued() {
	openssl base64 -d -A -in reply | openssl pkcs7 -inform DER -print_certs |
		sed -n '/BEGIN/,/END/p' >"$1"
	[ "$(grep -c BEGIN "$1")" = 1 ]
}

# verified FILE SUBJECT-PART: OpenSSL, strictly and as a TLS client, and GnuTLS accept it
verified() {
	openssl verify -x509_strict -purpose sslclient -CAfile "$root" -untrusted "$issuing" "$1"
	cat "$1" "$issuing" >"$1.chain"
	certtool --verify --verify-profile=medium --load-ca-certificate "$root" --infile "$1.chain"
	local subject
	subject=$(openssl x509 -in "$1" -noout -subject -nameopt RFC2253)
	[[ $subject == *"$2"* ]]
}

# same_key CERTIFICATE KEY
same_key() {
	[ "$(openssl x509 -in "$1" -noout -pubkey)" = "$(openssl pkey -in "$2" -pubout)" ]
}
