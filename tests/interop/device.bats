#!/usr/bin/env bats
# signet-device against the real server: enrolled, renewed, refused, approved; read back by others.

bats_require_minimum_version 1.5.0
load server.bash

setup_file() { interop_start; }
teardown_file() { interop_stop; }
setup() {
	interop_setup
	unset SIGNET_IDEVID_CERT SIGNET_IDEVID_KEY
	pin=$(openssl x509 -in "$root" -noout -fingerprint -sha256 | sed 's/.*=//')
	device=$stack_bin/signet-device
}

# enroll STORE UNIT [OPTION...]: trusting nothing but the root's fingerprint
enroll() {
	env -u SIGNET_CACERT "$device" enroll --store "$1" --server "$SIGNET_EST_URL" --pin "$pin" \
		--idevid-cert "$acme/$2.pem" --idevid-key "$acme/$2.key" "${@:3}"
}

# held STORE SUBJECT-PART: what it holds verifies, and its key fits
held() {
	openssl x509 -in "$1/current/cert.pem" -out held.pem
	verified held.pem "$2"
	same_key held.pem "$1/current/key.pem"
}

number() {
	openssl x509 -in "$1/current/cert.pem" -noout -serial
}

@test "a device enrolls by the root's fingerprint alone, and renews with a new key" {
	enroll d SN-0001
	held d SN-0001
	first=$(number d)
	first_key=$(openssl pkey -in d/current/key.pem -pubout)
	"$device" renew --store d
	held d SN-0001
	[ "$(number d)" != "$first" ]
	[ "$(openssl pkey -in d/current/key.pem -pubout)" != "$first_key" ]
}

@test "only the owner can read the store" {
	enroll d SN-0002
	[ "$(stat -c %a d)" = 700 ]
	[ "$(stat -c %a d/current/key.pem)" = 600 ]
}

@test "a label that demands a bound request gets one" {
	enroll d SN-0003 --label factory
	held d SN-0003
	"$device" renew --store d
	held d SN-0003
}

@test "renewal keeps the subject and the hardware module name" {
	enroll d SN-0004 --label factory
	openssl x509 -in d/current/cert.pem -noout -subject -ext subjectAltName >before
	"$device" renew --store d --same-key
	openssl x509 -in d/current/cert.pem -noout -subject -ext subjectAltName >after
	diff before after
	grep -i 'othername' after
}

@test "an RSA IDevID gets an Ed25519 LDevID when told" {
	enroll d SN-1001 --algorithm Ed25519
	held d SN-1001
	openssl x509 -in d/current/cert.pem -noout -text | grep 'Public Key Algorithm: ED25519'
}

@test "status tells people and machines the same" {
	enroll d SN-0005
	"$device" status --store d | grep -F 'identity: LDevID'
	"$device" status --store d --json >status.json
	grep -F '"identity":"LDevID"' status.json
	grep -F '"valid":true' status.json
	grep -F "$(openssl x509 -in d/current/cert.pem -noout -serial | sed 's/.*=//' | tr 'A-F' 'a-f')" status.json
}

@test "a wrong fingerprint is refused, and nothing is stored of that server" {
	pin=$(printf '0%.0s' {1..64})
	run --separate-stderr enroll d SN-0001
	[ "$status" = 1 ]
	[[ $stderr == *trust.pin* ]]
	[ ! -e d/anchors.pem ]
	[ ! -e d/current ]
}

@test "without a pin or a CA file it refuses" {
	run env -u SIGNET_CACERT "$device" enroll --store d --server "$SIGNET_EST_URL" \
		--idevid-cert "$acme/SN-0001.pem" --idevid-key "$acme/SN-0001.key"
	[ "$status" = 2 ]
	[[ $output == *trust.none* ]]
}

@test "a unit of a maker that nobody trusts is refused with the server's reason" {
	run env -u SIGNET_CACERT "$device" enroll --store d --server "$SIGNET_EST_URL" --pin "$pin" \
		--idevid-cert "$mallory/SN-0001.pem" --idevid-key "$mallory/SN-0001.key"
	[ "$status" = 1 ]
	[[ $output == *server.refused-identity* ]]
	[[ $output == *"HTTP 403"* ]]
	"$device" status --store d | grep -F 'IDevID (not enrolled yet)'
}

@test "a unit that was not announced is refused where announcement is required" {
	run enroll d SN-0006 --label factory
	[ "$status" = 1 ]
	[[ $output == *"HTTP 403"* ]]
}

# waiting SERIAL: the id of its enrollment that waits for somebody
waiting() {
	stack_signetd enrollment list --outcome pending | awk -v serial="$1" '$0 ~ serial { print $1; exit }'
}

@test "a request that must be approved stays pending with its key, and goes on when it is" {
	run enroll d SN-0007 --label approval
	[ "$status" = 1 ]
	[[ $output == *pending* ]]
	key=$(openssl pkey -in d/identity-1/key.pem -pubout)
	"$device" status --store d | grep -F 'pending: enroll, asked'
	"$device" enroll --store d --wait 60s 2>progress &
	waits=$!
	for _ in {1..100}; do
		if grep -q 'asking again' progress; then break; fi
		sleep 0.1
	done
	stack_signetd enrollment approve "$(waiting SN-0007)"
	wait "$waits"
	held d SN-0007
	[ "$(openssl pkey -in d/current/key.pem -pubout)" = "$key" ]
}

@test "an enrolled device survives without its IDevID files" {
	cp "$acme/SN-0008.pem" "$acme/SN-0008.key" .
	env -u SIGNET_CACERT "$device" enroll --store d --server "$SIGNET_EST_URL" --pin "$pin" \
		--idevid-cert SN-0008.pem --idevid-key SN-0008.key
	rm SN-0008.pem SN-0008.key
	"$device" renew --store d
	held d SN-0008
}

@test "killed at any moment, the device holds a whole identity and goes on" {
	enroll d SN-0002
	for delay in 0.005 0.010 0.015 0.020 0.025 0.030 0.040 0.050; do
		timeout --signal=KILL "$delay" "$device" renew --store d --quiet || true
		held d SN-0002
	done
	"$device" renew --store d
	held d SN-0002
	[ "$(find d -maxdepth 1 -name 'identity-*' | wc -l)" = 1 ]
}

# ---- factory reset ----

api() {
	curl -fsS --cacert "$root" -H "Authorization: Bearer $SIGNET_ADMIN_TOKEN" "$SIGNET_API_URL/api/v1/$1"
}

# state_of SERIAL: what the server says of it
state_of() {
	api "devices?product=acme-x100&serial=$1" | sed 's/.*"state":"\([a-z]*\)".*/\1/'
}

device_id() {
	api "devices?product=acme-x100&serial=$1" | sed 's/.*"items":\[{"id":\([0-9]*\),.*/\1/'
}

# certificates_of SERIAL STATUS: how many
certificates_of() {
	api "certificates?device=$(device_id "$1")&limit=200" | grep -o "\"status\":\"$2\"" | wc -l
}

@test "a factory reset leaves nothing on the device, and its certificates are revoked" {
	enroll d SN-0008
	cp d/current/cert.pem old.pem
	cp d/current/key.pem old.key
	mkdir data
	echo secret >data/file
	run "$device" reset --store d
	[ "$status" = 2 ]
	[[ $output == *--yes* ]]
	"$device" reset --store d --yes --data data
	[ ! -e d/current ]
	[ ! -e d/anchors.pem ]
	[ -z "$(find d data -name '*.pem' -o -name file)" ]
	! grep -q localhost d/config.json
	[ "$(state_of SN-0008)" = made ]
	[ "$(certificates_of SN-0008 good)" = 0 ]
	[ "$(certificates_of SN-0008 revoked)" -ge 1 ]
	# what somebody copied before is worth nothing
	cp old.pem copy.pem
	renewal copy old
	post simplereenroll old.pem old.key copy.b64
	[ "$status" = 403 ]
	"$device" status --store d | grep -F 'IDevID (not enrolled yet)'
	# the next owner
	enroll d SN-0008
	held d SN-0008
	[ "$(state_of SN-0008)" = enrolled ]
	[ "$(certificates_of SN-0008 good)" = 1 ]
	api "devices/$(device_id SN-0008)/history" >history.json
	for event in device.made certificate.issued device.reset certificate.revoked; do
		grep -F "\"event\":\"$event\"" history.json
	done
	grep -F '"event":"device.reset","state":"made","who":"device:acme-x100/SN-0008"' history.json
}

@test "a reset is told once more when its answer was lost" {
	enroll d SN-0006
	for _ in 1 2; do
		said=$(curl -sS --cacert "$root" --cert d/current/cert.pem --key d/current/key.pem -X POST \
			"$SIGNET_EST_URL/.well-known/signet/reset")
		[[ $said == *'"serial":"SN-0006","state":"made"'* ]]
	done
	[[ $said == *'"revoked":0'* ]]
	[ "$(curl -sS -o said -w '%{http_code}' --cacert "$root" -X POST "$SIGNET_EST_URL/.well-known/signet/reset")" = 401 ]
	grep -F 'code: reset.missing' said
	[ "$(curl -sS -o said -w '%{http_code}' --cacert "$root" --cert "$mallory/SN-0001.pem" --key "$mallory/SN-0001.key" \
		-X POST "$SIGNET_EST_URL/.well-known/signet/reset")" = 403 ]
	grep -F 'code: idevid.untrusted' said
}

@test "a suspended device is not reset, and keeps what it has" {
	enroll d SN-0005
	stack_signet device suspend acme-x100/SN-0005 --yes
	run "$device" reset --store d --yes
	[ "$status" = 1 ]
	[[ $output == *"reset.suspended"* || $output == *"is suspended"* ]]
	[ -e d/current/key.pem ]
	[ "$(state_of SN-0005)" = suspended ]
	stack_signet device resume acme-x100/SN-0005
	"$device" reset --store d --yes
	[ "$(state_of SN-0005)" = made ]
}

@test "a server that is away stops a reset, unless it is forced; then it is told later" {
	enroll d SN-0007
	sed -i 's|"server":"[^"]*"|"server":"https://localhost:1"|' d/config.json
	run "$device" reset --store d --yes --retry-for 0
	[ "$status" = 1 ]
	[ -e d/current/key.pem ]
	"$device" reset --store d --yes --force --attempts 1
	[ ! -e d/current ]
	"$device" status --store d | grep -F 'the server does not know yet'
	[ "$(state_of SN-0007)" = enrolled ]
	sed -i "s|https://localhost:1|$SIGNET_EST_URL|" d/reset.json
	"$device" reset --store d --if-begun
	[ "$(state_of SN-0007)" = made ]
	[ ! -e d/reset.json ]
	"$device" reset --store d --if-begun
}

@test "killed at any moment, a reset is finished by the next start" {
	for delay in 0.005 0.010 0.015 0.020 0.030; do
		enroll d SN-0004
		timeout --signal=KILL "$delay" "$device" reset --store d --yes --quiet || true
		"$device" reset --store d --if-begun
		[ ! -e d/reset.json ]
		if [ ! -e d/current ]; then
			[ "$(state_of SN-0004)" = claimed ]
		fi
	done
}

@test "the server's wish of when to renew is followed" {
	enroll d SN-0001 --again
	asked=$(curl -sS -D - -o /dev/null --cacert "$root" --cert d/current/cert.pem --key d/current/key.pem \
		"$est/cacerts" | tr -d '\r' | sed -n 's/^Signet-Renew-At: //p')
	[ -n "$asked" ]
	due=$("$device" status --store d --json | sed 's/.*"renewal_due":"\([^"]*\)".*/\1/')
	[ "$(date -d "$asked" +%s)" = "$(date -d "$due" +%s)" ]
	"$device" renew --store d --if-due | grep -F 'nothing to do'
}

@test "after all that, the log and the store say the same" {
	stack_signet log verify
}
