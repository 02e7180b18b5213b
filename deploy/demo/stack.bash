# deploy/demo/stack.bash: a whole Signet in one directory, for deploy/run, deploy/demo.sh and tests.
# shellcheck shell=bash
#
# Source it, then, in this order:
#   stack_use DIR          the directory; takes its lock, so that nobody else uses it meanwhile
#   stack_ports            the fixed ports of the demo (SIGNET_*_PORT move them), or
#   stack_free_ports       whatever is free
#   stack_prepare          database, keys, authorities, manufacturers, policy: what is missing of it
#   stack_start            signetd in the background; returns when it is ready
#   stack_stop             all of it, in order; safe at any time
#
# signetd, signet and signet-device are those of SIGNET_BIN (default build/).

stack_top=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
stack_bin=${SIGNET_BIN:-$stack_top/build}
stack_dir=
stack_server=
stack_device_port='' stack_operator_port='' stack_public_port=''

stack_note() {
	printf 'signet: %s\n' "$*" >&2
}

stack_fail() {
	stack_note "$@"
	return 1
}

stack_use() { # DIR
	mkdir -p "$1"
	stack_dir=$(cd "$1" && pwd)
	chmod 711 "$stack_dir" # the database's user must pass; what is secret has a mode of its own
	exec 9>"$stack_dir/lock" # what is started must close it, or it keeps the lock
	flock --nonblock 9 || {
		stack_note "$stack_dir is in use by another run (process $(cat "$stack_dir/pid" 2>/dev/null || echo unknown))"
		stack_dir=
		return 1
	}
	echo $$ >"$stack_dir/pid"
	stack_config=$stack_dir/signetd.yaml
	stack_end_leftover
}

# A run that was killed could not stop its server.
stack_end_leftover() {
	local pid
	pid=$(cat "$stack_dir/server.pid" 2>/dev/null) || return 0
	# The number may be another process's by now.
	if [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") == *signetd*"$stack_config"* ]]; then
		stack_note "stopping the server that a killed run left behind (process $pid)"
		stack_server=$pid
		stack_stop_server
	fi
	rm -f "$stack_dir/server.pid"
}

# Is something listening on this TCP port? (no ss or lsof needed)
stack_port_taken() { # PORT
	awk -v port="$(printf '%04X' "$1")" '
		FNR > 1 && $4 == "0A" { n = split($2, a, ":"); if (a[n] == port) taken = 1 }
		END { exit !taken }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

stack_ports() {
	stack_device_port=${SIGNET_DEVICE_PORT:-8443}
	stack_operator_port=${SIGNET_OPERATOR_PORT:-9443}
	stack_public_port=${SIGNET_PUBLIC_PORT:-8080}
	local name port
	for name in device operator public; do
		port=stack_${name}_port
		if stack_port_taken "${!port}"; then
			stack_fail "port ${!port} is in use by another program; choose one with" \
				"SIGNET_${name^^}_PORT=... or stop that program" || return
		fi
	done
}

# Below the range from which the kernel takes ports for outgoing connections. Tests that run at the same time
# have a range each: SIGNET_TEST_SLOT, from 0 to 23.
stack_free_port() { # VARIABLE
	local free first=20000 count=12000
	if [ -n "${SIGNET_TEST_SLOT:-}" ]; then
		count=500 first=$((20000 + 500 * (SIGNET_TEST_SLOT % 24)))
	fi
	while :; do
		free=$((first + (RANDOM << 15 | RANDOM) % count))
		# What the stack is about to listen on is not taken yet.
		case " $stack_device_port $stack_operator_port $stack_public_port " in *" $free "*) continue ;; esac
		stack_port_taken $free || break
	done
	printf -v "$1" %s $free
}

stack_free_ports() {
	stack_free_port stack_device_port
	stack_free_port stack_operator_port
	stack_free_port stack_public_port
}

stack_secret() { # FILE: a passphrase that nobody chose
	[ ! -s "$1" ] || return 0
	if [ -e "$stack_dir/made" ]; then
		stack_fail "$1 is gone, and with it the key that it opens; put it back, or remove $stack_dir to begin anew"
		return
	fi
	(
		umask 077
		head -c 24 /dev/urandom | base64 >"$1.new"
		mv "$1.new" "$1"
	)
}

stack_signetd() {
	"$stack_bin/signetd" --config "$stack_config" "$@" 9>&-
}

# stack_fill FILE: a template of this folder, filled, into the directory
stack_fill() {
	local out=$stack_dir/${1%.in} ml_dsa=''
	# A profile may only name what OpenSSL has.
	[[ $(openssl list -public-key-algorithms) != *ML-DSA-44* ]] || ml_dsa=', ML-DSA-44, ML-DSA-65'
	sed -e "s|@DIR@|$stack_dir|g" -e "s|@ML_DSA@|$ml_dsa|g" \
		-e "s|@DATABASE@|$SIGNET_DATABASE|g" -e "s|@OWNER_DATABASE@|$SIGNET_OWNER_DATABASE|g" \
		-e "s|@DEVICE_PORT@|$stack_device_port|g" -e "s|@OPERATOR_PORT@|$stack_operator_port|g" \
		-e "s|@PUBLIC_PORT@|$stack_public_port|g" \
		"$stack_top/deploy/demo/$1" >"$out.new"
	mv "$out.new" "$out"
}

stack_database_start() {
	local assignments
	assignments=$("$stack_top/deploy/private-postgres" start "$stack_dir/postgres" \
		9>&- 3>&- 4>&-) ||
		return
	eval "$assignments"
}

# What a first start makes. It counts only once it is whole: until then nobody holds a certificate of
# it, and the next start throws it away and begins anew.
stack_prepare() {
	if [ -d "$stack_dir/keys" ] && [ ! -e "$stack_dir/made" ]; then
		stack_note "an earlier first start was not finished; beginning anew"
		stack_clear || return
	fi
	stack_database_start || return
	mkdir -p "$stack_dir/keys"
	chmod 700 "$stack_dir/keys"
	stack_secret "$stack_dir/keys.passphrase" || return
	stack_secret "$stack_dir/root.passphrase" || return
	stack_fill signetd.yaml.in || return
	stack_signetd migrate >"$stack_dir/migrate.log" 2>&1 ||
		stack_fail "migrate: $(tail -n 3 "$stack_dir/migrate.log")" || return
	stack_fill policy.yaml.in || return
	if [ ! -e "$stack_dir/made" ]; then
		stack_make || return
		stack_signetd bootstrap -f "$stack_dir/policy.yaml" >"$stack_dir/bootstrap.log" 2>&1 ||
			stack_fail "bootstrap: $(tail -n 3 "$stack_dir/bootstrap.log")" || return
		cp "$stack_dir/policy.yaml" "$stack_dir/policy.applied"
	fi
	stack_admin || return
	touch "$stack_dir/made"
}

# The administrator's token. Tokens last a day: a later start makes one anew, on this machine.
stack_admin() {
	local token=$stack_dir/admin.token why=()
	[ ! -s "$token" ] || why=(--break-glass "a new token for the demo")
	[ -z "$(find "$token" -size +0 -mmin -720 2>/dev/null)" ] || return 0
	(
		umask 077
		stack_signetd admin admin --ttl 24h "${why[@]}" >"$token.new" 2>"$stack_dir/admin.log"
	) || stack_fail "admin: $(tail -n 3 "$stack_dir/admin.log")" || return
	mv "$token.new" "$token"
}

# `signet` as that administrator
stack_signet() {
	SIGNET_LOGIN=$stack_dir/no-login SIGNET_API_URL=https://localhost:$stack_operator_port \
		SIGNET_CACERT=$stack_dir/state/root.pem SIGNET_TOKEN=$(cat "$stack_dir/admin.token") \
		"$stack_bin/signet" "$@" 9>&-
}

# The policy's URLs follow the ports. With an administrator there, it changes as everybody's does.
stack_follow_policy() {
	! cmp -s "$stack_dir/policy.yaml" "$stack_dir/policy.applied" || return 0
	stack_signet apply -f "$stack_dir/policy.yaml" >"$stack_dir/apply.log" 2>&1 ||
		stack_fail "apply: $(tail -n 5 "$stack_dir/apply.log")" || return
	cp "$stack_dir/policy.yaml" "$stack_dir/policy.applied"
}

stack_make() {
	local maker=$stack_top/deploy/demo/manufacturer unit
	stack_signetd init --name Demo --root-passphrase-file "$stack_dir/root.passphrase" \
		--root-key-directory "$stack_dir/offline" \
		--root-crl-url "http://localhost:$stack_public_port/crl/root.crl" \
		>"$stack_dir/init.log" 2>&1 || stack_fail "init: $(tail -n 3 "$stack_dir/init.log")" || return
	"$maker" ca "$stack_dir/acme" Acme || return
	for unit in 1 2 3 4 5 6 7 8; do
		"$maker" unit "$stack_dir/acme" X100 SN-000$unit || return
	done
	"$maker" unit "$stack_dir/acme" R200 SN-1001 rsa-2048 || return
	# A maker that nobody here has heard of.
	"$maker" ca "$stack_dir/mallory" Mallory || return
	"$maker" unit "$stack_dir/mallory" X100 SN-0001
}

stack_ready() {
	curl -fsS --max-time 2 --cacert "$stack_dir/state/root.pem" \
		"https://localhost:$stack_operator_port/readyz" 2>&1
}

stack_start() {
	local said='' tenth
	[ ! -f "$stack_dir/signetd.log" ] || mv "$stack_dir/signetd.log" "$stack_dir/signetd.log.old"
	# A test runner that reads its tests' descriptors to the end must not wait for the server.
	"$stack_bin/signetd" --config "$stack_config" run >>"$stack_dir/signetd.log" 2>&1 \
		9>&- 3>&- 4>&- &
	stack_server=$!
	echo $stack_server >"$stack_dir/server.pid"
	for tenth in $(seq 300); do
		if said=$(stack_ready); then
			stack_follow_policy && stack_write_env
			return
		fi
		kill -0 $stack_server 2>/dev/null || break
		sleep 0.1
	done
	stack_note "signetd is not ready after $((tenth / 10)) s: $said"
	tail -n 5 "$stack_dir/signetd.log" >&2
	return 1
}

# The issuing authority's certificate out of a bag of them: the one that did not sign itself.
stack_issuing_of() { # FILE
	local pem='' line names
	while IFS= read -r line; do
		pem+=$line$'\n'
		[[ $line == *'END CERTIFICATE'* ]] || continue
		names=$(openssl x509 -noout -subject -issuer <<<"$pem" | sed 's/^[a-z]*=//' | sort -u | wc -l)
		[ "$names" = 1 ] || printf %s "$pem"
		pem=
	done <"$1"
}

# What a refusal or a 202 calls itself, so that it can be explained or approved.
stack_enrollment_of() { # FILE
	sed -n 's/^enrollment: //p' "$1"
}

# A label that the demo's policy does not have, for tests that add one.
stack_later_label() {
	cat <<EOF
kind: label
name: later
profile: device
trust_anchors: [acme]
registration: open
EOF
}

stack_fingerprint() {
	openssl x509 -in "$stack_dir/state/root.pem" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' |
		tr A-F a-f
}

stack_write_env() {
	(umask 077 && : >"$stack_dir/env.new") # a token stands in it
	cat >"$stack_dir/env.new" <<EOF
# A running demo of Signet; source it.
SIGNET_EST_URL=https://localhost:$stack_device_port
SIGNET_API_URL=https://localhost:$stack_operator_port
SIGNET_PUBLIC_URL=http://localhost:$stack_public_port
SIGNET_CRL_URL=http://localhost:$stack_public_port/crl/issuing.crl
SIGNET_OCSP_URL=http://localhost:$stack_public_port/ocsp
SIGNET_CACERT='$stack_dir/state/root.pem'
SIGNET_IDEVID_CERT='$stack_dir/acme/SN-0001.pem'
SIGNET_IDEVID_KEY='$stack_dir/acme/SN-0001.key'
SIGNET_ADMIN_TOKEN='$(cat "$stack_dir/admin.token")'
SIGNET_DATABASE="$SIGNET_DATABASE"
export SIGNET_EST_URL SIGNET_API_URL SIGNET_PUBLIC_URL SIGNET_CRL_URL SIGNET_OCSP_URL \\
	SIGNET_CACERT SIGNET_IDEVID_CERT SIGNET_IDEVID_KEY SIGNET_ADMIN_TOKEN SIGNET_DATABASE
EOF
	mv "$stack_dir/env.new" "$stack_dir/env"
}

# The server drains first, then the database stops. Not every caller is the server's parent.
stack_stop_server() {
	[ -n "$stack_server" ] || return 0
	local status=0
	kill -TERM "$stack_server" 2>/dev/null || true
	wait "$stack_server" 2>/dev/null || status=$?
	if [ $status -eq 127 ]; then
		status=0
		timeout 60 tail --pid="$stack_server" -f /dev/null || status=1
	fi
	stack_server=
	return $status
}

stack_stop() {
	local status=0
	stack_stop_server || status=$?
	[ -z "$stack_dir" ] || "$stack_top/deploy/private-postgres" stop "$stack_dir/postgres" || status=$?
	return $status
}

# Remove what a stack made, but for its lock. Stops the database first.
stack_clear() {
	local away
	"$stack_top/deploy/private-postgres" stop "$stack_dir/postgres" >/dev/null || return
	# The cluster may stand elsewhere, where the database's user may write.
	away=$(readlink "$stack_dir/postgres/data" || true)
	case $away in
	/var/lib/postgresql/signet.*) rm -rf --one-file-system -- "$away" ;;
	esac
	find "$stack_dir" -mindepth 1 -maxdepth 1 ! -name lock ! -name pid \
		-exec rm -rf --one-file-system -- {} +
}
