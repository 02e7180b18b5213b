#!/usr/bin/env bats
# What an operator does to a server while devices talk to it: reload, restart, a database that goes
# away, a second server beside the first.

load server.bash

setup_file() { interop_start; }
teardown_file() {
	stack_server=$(cat "$INTEROP_DIR/server.pid")
	INTEROP_SERVER=$stack_server
	interop_stop
}
setup() {
	interop_setup
	[ -s "$stack_dir/server.pid" ] || echo "$INTEROP_SERVER" >"$stack_dir/server.pid"
	stack_server=$(cat "$stack_dir/server.pid")
}
teardown() {
	echo "$stack_server" >"$stack_dir/server.pid"
}

database() {
	"$stack_top/deploy/private-postgres" "$1" "$stack_dir/postgres" >/dev/null 3>&-
}

# until_ok SECONDS COMMAND...
until_ok() {
	local n
	for n in $(seq $(($1 * 5))); do
		"${@:2}" >/dev/null 2>&1 && return
		sleep 0.2
	done
	echo "not within $1 s ($n tries): ${*:2}"
	return 1
}

@test "health, readiness and metrics answer on the operator listener" {
	curl -fsS --cacert "$root" "$SIGNET_API_URL/healthz"
	curl -fsS --cacert "$root" "$SIGNET_API_URL/readyz"
	curl -fsS --cacert "$root" "$SIGNET_API_URL/metrics" | grep -E '^# TYPE '
}

@test "the public listener serves neither EST nor metrics" {
	for path in .well-known/est/cacerts metrics readyz; do
		[ "$(curl -sS -o /dev/null -w '%{http_code}' "$SIGNET_PUBLIC_URL/$path")" = 404 ]
	done
}

@test "SIGHUP reloads without dropping a connection that is kept alive" {
	client_lines | openssl s_client -connect "localhost:$stack_device_port" -CAfile "$root" -quiet \
		-verify_return_error -ign_eof >said 2>errors
	[ "$(grep -ac 'HTTP/1.1 200' said)" = 2 ]
	kill -0 "$stack_server"
}
client_lines() {
	printf 'GET /.well-known/est/csrattrs HTTP/1.1\r\nHost: localhost\r\n\r\n'
	sleep 1
	kill -HUP "$stack_server"
	sleep 2
	printf 'GET /.well-known/est/csrattrs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
	sleep 1
}

@test "a policy that changes is in force without a restart" {
	request key
	post later/simpleenroll "$acme/SN-0001.pem" "$acme/SN-0001.key" key.b64
	[ "$status" = 404 ]
	stack_later_label >later.yaml
	stack_signet apply -f later.yaml
	enrolls() {
		post later/simpleenroll "$acme/SN-0001.pem" "$acme/SN-0001.key" key.b64
		[ "$status" = 200 ]
	}
	until_ok 15 enrolls
}

@test "a wrong policy is refused with file and line, and nothing of it is applied" {
	{ stack_later_label | sed 's/later/half/'; echo '---'; echo 'kind: nonsense'; } >wrong.yaml
	run stack_signet apply -f wrong.yaml
	[ "$status" = 1 ]
	[[ $output == *wrong.yaml:[0-9]* ]]
	request key
	post half/simpleenroll "$acme/SN-0001.pem" "$acme/SN-0001.key" key.b64
	[ "$status" = 404 ]
}

@test "the database away: 503 with Retry-After, alive all the while, recovery by itself" {
	request key
	request mine
	post simpleenroll "$acme/SN-0006.pem" "$acme/SN-0006.key" mine.b64
	issued mine.pem
	database stop
	post simpleenroll "$acme/SN-0002.pem" "$acme/SN-0002.key" key.b64
	local away=$status
	cp headers away.headers
	# What anybody may read stays there, also for who shows a certificate that cannot be looked up now.
	curl -fsS -o /dev/null --max-time 20 --cacert "$root" --cert mine.pem --key mine.key "$est/cacerts"
	curl -fsS -o /dev/null --cacert "$root" "$SIGNET_API_URL/healthz"
	unready() {
		[ "$(curl -sS -o /dev/null -w '%{http_code}' --cacert "$root" "$SIGNET_API_URL/readyz")" = 503 ]
	}
	local ready=0
	until_ok 40 unready || ready=$?
	database start
	[ "$away" = 503 ]
	grep -iE '^retry-after: [1-9]' away.headers
	[ "$ready" = 0 ]
	enrolls() {
		post simpleenroll "$acme/SN-0002.pem" "$acme/SN-0002.key" key.b64
		[ "$status" = 200 ]
	}
	until_ok 30 enrolls
	issued leaf.pem
	verified leaf.pem SN-0002
}

@test "a restart keeps what was issued: the LDevID of before renews after" {
	request before
	post simpleenroll "$acme/SN-0003.pem" "$acme/SN-0003.key" before.b64
	issued before.pem
	stack_stop_server
	stack_start
	renewal after before
	post simplereenroll before.pem before.key after.b64
	[ "$status" = 200 ]
	issued after.pem
	verified after.pem SN-0003
}

@test "a stop lets a request that is under way finish, and ends with 0" {
	request key
	slow_request | openssl s_client -connect "localhost:$stack_device_port" -CAfile "$root" \
		-verify_return_error -cert "$acme/SN-0005.pem" -key "$acme/SN-0005.key" -quiet -ign_eof \
		>said 2>errors &
	local client=$!
	soon spoken_to
	sleep 0.5
	local code=0
	{
		sleep 1
		touch told
	} &
	stack_stop_server || code=$?
	wait $client || true
	stack_start
	[ "$code" = 0 ]
	grep -a 'HTTP/1.1 200' said
	tr -d '\r' <said | sed '1,/^$/d' >reply
	issued leaf.pem
	verified leaf.pem SN-0005
}
# Somebody has a connection to the device listener.
spoken_to() {
	awk -v port="$(printf '%04X' "$stack_device_port")" '
		$4 == "01" { n = split($2, a, ":"); if (a[n] == port) found = 1 }
		END { exit !found }' /proc/net/tcp
}
# Half of the body before the server is told to stop, half after.
slow_request() {
	printf 'POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: localhost\r\n'
	printf 'Content-Type: application/pkcs10\r\nContent-Length: %d\r\n\r\n' "$(stat -c %s key.b64)"
	head -c 100 key.b64
	soon test -e told
	tail -c +101 key.b64
	sleep 1
}

@test "two servers on one database: what one issued, the other renews" {
	local first=$stack_server first_config=$stack_config first_dir=$stack_dir
	request one
	post simpleenroll "$acme/SN-0004.pem" "$acme/SN-0004.key" one.b64
	issued one.pem
	stack_free_ports
	stack_config=$PWD/second.yaml
	sed_ports <"$first_config" >"$stack_config"
	"$stack_bin/signetd" --config "$stack_config" run >second.log 2>&1 3>&- &
	local second=$!
	until_ok 20 stack_ready
	est=https://localhost:$stack_device_port/.well-known/est
	renewal two one
	post simplereenroll one.pem one.key two.b64
	local renewed=$status
	kill -TERM $second
	wait $second
	stack_config=$first_config stack_dir=$first_dir stack_server=$first
	[ "$renewed" = 200 ]
	issued two.pem
	verified two.pem SN-0004
}
# The first server's configuration with the second's ports.
sed_ports() {
	local name new old script=()
	for name in device operator public; do
		new=stack_${name}_port
		old=$(sed -n "s/^declare -g stack_${name}_port=\"\\(.*\\)\"/\\1/p" "$stack_dir/ports")
		script+=(-e "s/:$old\\b/:${!new}/g")
	done
	sed "${script[@]}"
}
