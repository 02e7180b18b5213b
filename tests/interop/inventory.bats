#!/usr/bin/env bats
# The inventory by the programs of others: a service's certificate served by openssl and trusted by curl;
# what expired long ago archived, counted, and proven by the log.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load signet.bash

setup_file() {
	signet_start
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR signet_setup
	signet apply -f - <<-END
		kind: profile
		name: web
		authority: issuing
		use: service
		subject: [{attribute: CN, value: '{dns}'}]
		extended_key_usage: [serverAuth]
		permit_dns: [.services.example]
		permit_ip: [127.0.0.0/8]
		---
		kind: profile
		name: brief
		authority: issuing
		use: service
		validity: 60s
		backdate: 0s
		subject: [{attribute: CN, value: '{dns}'}]
		extended_key_usage: [serverAuth]
		permit_dns: [.services.example]
	END
}
teardown_file() { interop_stop; }
setup() {
	signet_setup
	api_url=$SIGNET_API_URL/api/v1
}

api() { curl --silent --show-error --retry 3 --cacert "$SIGNET_CACERT" -H "Authorization: Bearer $SIGNET_TOKEN" "$@"; }

# service PROFILE CSR NAME...: the answer
service() {
	python3 -c 'import json, sys
print(json.dumps({"profile": sys.argv[1], "csr": open(sys.argv[2]).read(), "dns": sys.argv[3:]}))' "$@" >body.json
	api -X POST -H 'Content-Type: application/json' --data-binary @body.json "$api_url/certificates"
}

csr() { # NAME SUBJECT
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "$2" -out "$1.csr" 2>/dev/null
}

@test "openssl serves a service's certificate, and curl and openssl trust it" {
	csr web /CN=www.services.example
	run service web web.csr www.services.example api.services.example
	member certificate >web.pem
	openssl verify -CAfile "$root" -untrusted web.pem -purpose sslserver -verify_hostname api.services.example web.pem
	run ! openssl verify -CAfile "$root" -untrusted web.pem -purpose sslserver -verify_hostname evil.example web.pem
	run ! openssl verify -CAfile "$root" -untrusted web.pem -purpose sslclient web.pem
	local port
	stack_free_port port
	openssl s_server -accept "127.0.0.1:$port" -cert web.pem -cert_chain web.pem -key web.key -www -quiet >/dev/null 2>&1 3>&- &
	server=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		status=0
		curl -sS -o page --cacert "$root" --resolve "www.services.example:$port:127.0.0.1" \
			"https://www.services.example:$port/" 2>why || status=$?
		[ $status = 7 ] || break
		sleep 0.2
	done
	other=0
	curl -sS -o /dev/null --cacert "$root" --resolve "evil.example:$port:127.0.0.1" "https://evil.example:$port/" 2>>why || other=$?
	kill "$server"
	[ $status = 0 ] || cat why
	[ $status = 0 ]
	[ $other = 60 ]
}

@test "what a request or a call asks for beside the profile is refused, and says why" {
	csr evil /CN=evil.example
	run service web evil.csr www.services.example
	[ "$(member code)" = service.csr-name ]
	csr own /CN=www.services.example
	run service web own.csr evil.example
	[ "$(member code)" = service.name ]
	run service device own.csr www.services.example
	[ "$(member code)" = service.profile ]
	run service web own.csr www.services.example
	first=$(member id)
	run service web own.csr www.services.example
	[ "$(member renews)" = "$first" ]
	run service web own.csr www.services.example other.services.example
	[ "$(member code)" = service.key ]
}

@test "certificates are found by key, status, label and batch" {
	enroll store SN-0001
	run api "$api_url/certificates?limit=1"
	key=$(member items.0.key_digest)
	[ "$key" = "$(openssl x509 -in store/current/cert.pem -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)" ]
	run api "$api_url/certificates?key=$key&status=good"
	[ "$(member items.0.device.serial)" != "" ]
	run api "$api_url/certificates?key=$key&status=revoked"
	[ "$(member items)" = "[]" ]
	run api -X POST -H 'Content-Type: text/csv' --data-binary @- "$api_url/devices/import?product=acme-x100" \
		<<<$'serial,batch\nLOT-1,lot-7\nLOT-2,lot-7\nLOT-3,lot-8'
	[ "$(member created)" = 3 ]
	run api "$api_url/devices?batch=lot-7&state=made"
	[ "$(member items.0.serial) $(member items.1.serial) $(member next)" = "LOT-2 LOT-1 None" ]
}

# A minute: the shortest life that a profile can give.
@test "what expired long ago goes into the archive, is counted, and the log proves its digest" {
	stack_signetd statistics
	csr brief /CN=a.services.example
	run service brief brief.csr a.services.example
	id=$(member id)
	member certificate | openssl x509 -outform DER -out brief.der
	run api "$api_url/authorities/issuing"
	{
		printf 'kind: authority\nname: issuing\narchive_after: 1s\n'
		python3 -c 'import json, sys
d = json.load(sys.stdin)
for name, value in d.get("document", d).items():
    if name.endswith(("_url", "_uri")) and value: print(f"{name}: {json.dumps(value)}")' <<<"$output"
	} | signet apply -f -
	sleep 63
	for _ in $(seq 40); do
		kill -HUP "$INTEROP_SERVER"
		sleep 1
		run api "$api_url/certificates/$id"
		[ "$(member archived_at)" = None ] || break
	done
	[ "$(member der_digest)" = "$(sha256sum <brief.der | cut -d' ' -f1)" ]
	[ "$(member expired)" = True ]
	run api "$api_url/certificates/$id/pem"
	[ "$(member code)" = certificate.archived ]
	run api "$api_url/statistics"
	[ "$(python3 -c 'import json, sys; print(sum(c["archived"] for c in json.load(sys.stdin)["certificates"]))' <<<"$output")" -ge 1 ]
	stack_signetd statistics
	run signet log verify --full --json
	[ "$(member verified)" = True ]
	[ "$(member archived)" -ge 1 ]
}
