#!/usr/bin/env bats
# Those who rely on certificates, set as docs/revocation.md says: what was good is let in, and what was
# revoked is not.

bats_require_minimum_version 1.5.0
load signet.bash

setup_file() { signet_start; }
teardown_file() { interop_stop; }
setup() {
	signet_setup
	# A unit of each test's own.
	[ -s unit.pem ] || new_unit unit "SN-000$BATS_TEST_NUMBER"
}

new_unit() { # NAME UNIT
	request "$1"
	post simpleenroll "$acme/$2.pem" "$acme/$2.key" "$1.b64"
	[ "$status" = 200 ]
	issued "$1.pem"
}

lists() {
	local name
	for name in issuing root; do
		signet crl get --authority $name | openssl crl -inform DER -out $name.crl.pem
	done
	cat issuing.crl.pem root.crl.pem >crls.pem
}

number_of() { # FILE
	run --separate-stderr signet certificate search --json \
		--serial-number "$(openssl x509 -in "$1" -noout -serial | sed 's/.*=//')"
	member 0.id
}

# revoke FILE: and wait until the list says so
revoke() {
	local by serial
	signet certificate revoke "$(number_of "$1")" --reason cessationOfOperation --yes
	serial=$(openssl x509 -in "$1" -noout -serial | sed 's/.*=//')
	for by in $(seq 100); do
		lists
		! openssl crl -in issuing.crl.pem -noout -text | grep -q "Serial Number: $serial" || return 0
		sleep 0.1
	done
	echo "not in the list after $by looks" >&2
	return 1
}

@test "openssl verify: chain and both authorities' lists" {
	lists
	openssl verify -crl_check_all -CAfile "$root" -untrusted "$issuing" -CRLfile crls.pem unit.pem
	revoke unit.pem
	run -2 openssl verify -crl_check_all -CAfile "$root" -untrusted "$issuing" -CRLfile crls.pem unit.pem
	[[ $output == *"certificate revoked"* ]]
}

@test "openssl verify: a full list and a delta list" {
	lists
	mkdir old
	cp *.crl.pem old
	revoke unit.pem
	signet crl get --authority issuing --delta | openssl crl -inform DER -out delta.crl.pem
	cat old/*.crl.pem >old.pem
	openssl verify -crl_check_all -CAfile "$root" -untrusted "$issuing" -CRLfile old.pem unit.pem
	cat delta.crl.pem >>old.pem
	run -2 openssl verify -crl_check_all -use_deltas -extended_crl -CAfile "$root" -untrusted "$issuing" \
		-CRLfile old.pem unit.pem
	[[ $output == *"certificate revoked"* ]]
}

@test "GnuTLS: certtool with lists, ocsptool with the URL of the certificate" {
	lists
	cat unit.pem "$issuing" "$root" >chain.pem
	certtool --verify --load-ca-certificate "$root" --load-crl issuing.crl.pem --infile chain.pem
	ocsptool --ask --load-issuer "$issuing" --load-cert unit.pem --load-trust "$issuing" >said
	grep -q 'Certificate Status: good' said
	revoke unit.pem
	run ! certtool --verify --load-ca-certificate "$root" --load-crl issuing.crl.pem --infile chain.pem
}

@test "curl: a list of whom not to trust, and a server that must show its status" {
	lists
	curl -fsS --cacert "$root" --crlfile crls.pem "$est/cacerts" >bag
	curl -fsS --cacert "$root" --cert-status "$est/cacerts" >bag
}

# nginx_serves DIRECTIVE...: with client certificates, on a free port; sets url
nginx_serves() {
	local nginx
	nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || skip "no nginx"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -days 1 \
		-addext subjectAltName=DNS:localhost -keyout nginx.key -out nginx.crt
	cat "$issuing" "$root" >clients.pem
	local port
	stack_free_port port
	url=https://localhost:$port/
	{
		echo "user root; daemon on; pid $PWD/nginx.pid; error_log $PWD/nginx.log; events {}"
		echo "http { access_log off;"
		printf '%s_temp_path /tmp;' client_body proxy fastcgi uwsgi scgi
		echo "server { listen 127.0.0.1:$port ssl;"
		echo "ssl_certificate $PWD/nginx.crt; ssl_certificate_key $PWD/nginx.key;"
		echo "ssl_client_certificate $PWD/clients.pem; ssl_verify_client on; ssl_verify_depth 2;"
		printf '%s\n' "$@"
		echo "location / { return 200 \"\$ssl_client_s_dn\\n\"; } } }"
	} >nginx.conf
	# what it starts must not keep this test's descriptors
	"$nginx" -p "$PWD" -c "$PWD/nginx.conf" 3>&- 4>&-
}

# Also when a test fails.
teardown() { [ ! -s "$BATS_TEST_TMPDIR/nginx.pid" ] || nginx_stop; }
nginx_stop() {
	kill "$(cat "$BATS_TEST_TMPDIR/nginx.pid")"
	rm -f "$BATS_TEST_TMPDIR/nginx.pid" # its own, which it removes a moment later
}
nginx_says() { curl -sS -o /dev/null -w '%{http_code}' --cacert nginx.crt --cert unit.pem --key unit.key "$url"; }

@test "nginx: ssl_crl" {
	lists
	nginx_serves "ssl_crl $PWD/crls.pem;"
	[ "$(nginx_says)" = 200 ]
	revoke unit.pem
	kill -HUP "$(cat nginx.pid)"
	for _ in $(seq 50); do
		code=$(nginx_says)
		[ "$code" = 200 ] || break
		sleep 0.1
	done
	nginx_stop
	[ "$code" = 400 ]
}

@test "nginx: ssl_ocsp" {
	nginx_serves "ssl_ocsp leaf; ssl_ocsp_responder http://127.0.0.1:$stack_public_port/ocsp;"
	[ "$(nginx_says)" = 200 ]
	revoke unit.pem
	code=$(nginx_says)
	nginx_stop
	[ "$code" = 400 ]
}

@test "strongSwan: pki --verify with lists" {
	pki --help 2>&1 | grep -q 'loaded plugins:.* openssl' || skip "strongSwan without its openssl plugin"
	lists
	for name in issuing root; do openssl crl -in $name.crl.pem -outform DER -out $name.crl; done
	pki --verify --in unit.pem --cacert "$issuing" --cacert "$root" --crl issuing.crl --crl root.crl
	revoke unit.pem
	for name in issuing root; do openssl crl -in $name.crl.pem -outform DER -out $name.crl; done
	run ! pki --verify --in unit.pem --cacert "$issuing" --cacert "$root" --crl issuing.crl --crl root.crl
}
