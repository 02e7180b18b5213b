#!/usr/bin/env bash
# deploy/demo.sh: the whole tour without hands, with real programs. `make demo` calls it.
#
# A server of its own in a directory of its own on free ports; every certificate is read back by
# OpenSSL and GnuTLS. Exit 0 only if every step went as it says. Leaves nothing running and no files.
# SIGNET_BIN: programs that are built already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=demo/stack.bash
. "$here/demo/stack.bash"
# shellcheck source=demo/firmware.bash
. "$here/demo/firmware.bash"

"$here/deps" build run demo
[ -n "${SIGNET_BIN:-}" ] || make -s -C "$stack_top" -j "$(nproc)" programs

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
	bold='' dim='' green='' red='' plain=''
fi

number=0
title() {
	number=$((number + 1))
	printf '\n%s%d. %s%s\n' "$bold" $number "$*" "$plain"
}

# What a person would type, without the long names of this run.
spoken() {
	local text='' word
	for word in "$@"; do
		[[ $word =~ ^[A-Za-z0-9_./:=@,+-]+$ ]] || word="'$word'"
		text+="$word "
	done
	text=${text//"$stack_dir"\//}
	text=${text//"$stack_bin"\//}
	printf '%s' "${text% }"
}

exec 5>&1 # where a command is shown, wherever its own output goes
run() {
	printf '%s$ %s%s\n' "$dim" "$(spoken "$@")" "$plain" >&5
	"$@"
}

# must_fail COMMAND...: a refusal is what this step is about
must_fail() {
	if "$@"; then
		wrong "this should have been refused"
	fi
}

# must_say CODE COMMAND...: an exit code that is an answer
must_say() {
	local wanted=$1 code=0
	shift
	"$@" || code=$?
	[ $code -eq "$wanted" ] || wrong "exit code $code, not $wanted"
}

fine() {
	printf '%s   ok: %s%s\n' "$green" "$*" "$plain"
}

wrong() {
	printf '%s   FAILED: %s%s\n' "$red" "$*" "$plain" >&2
	exit 1
}

work=$(mktemp -d "${TMPDIR:-/tmp}/signet-demo.XXXXXX")
end() {
	local status=$?
	trap '' INT TERM
	if [ $status -ne 0 ] && [ -f "$stack_dir/signetd.log" ]; then
		printf '\nThe end of the server'\''s log:\n' >&2
		tail -n 15 "$stack_dir/signetd.log" >&2
	fi
	firmware_end
	stack_stop || { status=1 && echo "demo: it did not stop cleanly" >&2; }
	stack_clear || true
	rm -rf --one-file-system "$work"
	exit $status
}
trap end EXIT
trap 'exit 130' INT TERM

# Read back by others than us: OpenSSL, strictly and as a TLS client; GnuTLS.
verify() { # FILE SUBJECT-PART
	openssl verify -x509_strict -purpose sslclient -CAfile "$stack_dir/state/root.pem" \
		-untrusted "$stack_dir/cacerts.pem" "$1" >"$stack_dir/verify.log" 2>&1 ||
		wrong "OpenSSL: $(cat "$stack_dir/verify.log")"
	cat "$1" "$stack_dir/issuing.pem" >"$stack_dir/chain.pem"
	certtool --verify --verify-profile=medium --load-ca-certificate "$stack_dir/state/root.pem" \
		--infile "$stack_dir/chain.pem" >"$stack_dir/verify.log" 2>&1 ||
		wrong "GnuTLS: $(tail -n 3 "$stack_dir/verify.log")"
	local subject
	subject=$(openssl x509 -in "$1" -noout -subject -nameopt RFC2253)
	[[ $subject == *"$2"* ]] || wrong "the subject is $subject, not of $2"
	fine "OpenSSL and GnuTLS verify it: ${subject#subject=}, until $(openssl x509 -in "$1" -noout -enddate | sed 's/.*=//')"
}

# post OPERATION-PATH CERT KEY BODY-FILE: prints the status; the body comes in reply, headers in headers
post() {
	run curl -sS -o "$stack_dir/reply" -D "$stack_dir/headers" -w '%{http_code}' \
		--cacert "$stack_dir/state/root.pem" --cert "$2" --key "$3" \
		-H 'Content-Type: application/pkcs10' --data "@$4" "$SIGNET_EST_URL/.well-known/est/$1" |
		tee "$stack_dir/status"
	echo
}

expect_status() {
	[ "$(cat "$stack_dir/status")" = "$1" ] ||
		wrong "status $(cat "$stack_dir/status"), not $1: $(cat "$stack_dir/reply")"
}

certificate_of_reply() { # FILE
	openssl base64 -d -A -in "$stack_dir/reply" |
		openssl pkcs7 -inform DER -print_certs 2>/dev/null | sed -n '/BEGIN/,/END/p' >"$1"
	[ -s "$1" ] || wrong "the reply holds no certificate"
}

# strongSwan's pki; of its many words those that matter, unless it fails
pki() {
	local wanted='negotiated TLS|written to|^Issued certificate' status=0
	command pki "$@" 2>"$stack_dir/pki.log" || {
		status=$?
		wanted=.
	}
	grep -E "$wanted" "$stack_dir/pki.log" >&2 || true
	return $status
}

# as NAME COMMAND...: with the login of NAME. `signet login` keeps one for each of them.
as() {
	local name=$1
	shift
	printf '%s(%s)%s ' "$dim" "$name" "$plain" >&5
	SIGNET_LOGIN=$stack_dir/login/$name run "$stack_bin/signet" "$@"
}

# The first credential of a person is made on the server's machine: one that the administrator made
# could be used by the administrator, too, and so approves nothing.
let_in() { # NAME
	stack_signetd token "$1" --ttl 1h --break-glass "first login of $1" >"$stack_dir/$1.token"
	as "$1" login --token-file "$stack_dir/$1.token"
}

# What an approver has been shown.
digest_of() { # REQUEST
	SIGNET_LOGIN=$stack_dir/login/alice "$stack_bin/signet" request show "$1" --json |
		sed -n 's/.*"digest": *"\([0-9a-f]*\)".*/\1/p' | head -n 1
}

# The id of a request or of a refused call, out of the JSON that signet prints for machines.
id_of() { # FILE
	grep -o '"id": *[0-9]*' "$1" | head -n 1 | tr -cd 0-9
}

# ---- no longer good, as everybody is told ----

# lists_fetch: of the issuing authority and of the root, as PEM
lists_fetch() {
	local name
	for name in issuing root; do
		curl -fsS -o $name.crl "$SIGNET_PUBLIC_URL/crl/$name.crl"
		openssl crl -inform DER -in $name.crl -out $name.crl.pem
	done
}

# told_by_ocsp FILE: good, revoked or unknown, signed by who may
told_by_ocsp() {
	openssl ocsp -issuer issuing.pem -cert "$1" -url "$SIGNET_PUBLIC_URL/ocsp" -CAfile state/root.pem \
		>ocsp.said 2>&1 || return 0
	! grep -q '^Response verify OK' ocsp.said || sed -n "s|^$1: ||p" ocsp.said
}

# told_by_list FILE: good or revoked, by chain, signatures and both authorities' lists
told_by_list() {
	lists_fetch
	if openssl verify -crl_check_all -CAfile state/root.pem -untrusted issuing.pem \
		-CRLfile issuing.crl.pem -CRLfile root.crl.pem "$1" >list.said 2>&1; then
		echo good
	elif grep -q 'certificate revoked' list.said; then
		echo revoked
	fi
}

# everybody_hears WORD FILE: waits until OCSP and the list say so; what that took goes on the screen
everybody_hears() {
	local begun=${EPOCHREALTIME/[.,]/} ocsp='' list=''
	for _ in $(seq 200); do
		[ -n "$ocsp" ] || [ "$(told_by_ocsp "$2")" != "$1" ] || ocsp=$((${EPOCHREALTIME/[.,]/} - begun))
		[ -n "$list" ] || [ "$(told_by_list "$2")" != "$1" ] || list=$((${EPOCHREALTIME/[.,]/} - begun))
		[ -z "$ocsp" ] || [ -z "$list" ] || break
		sleep 0.05
	done
	[ -n "$ocsp" ] || wrong "OCSP says of $2: $(cat ocsp.said)"
	[ -n "$list" ] || wrong "the list says of $2: $(cat list.said)"
	fine "$1: heard by OCSP after $(seconds "$ocsp"), in the list after $(seconds "$list")"
}

seconds() { # MICROSECONDS
	printf '%d.%02d s' $(($1 / 1000000)) $(($1 / 10000 % 100))
}

# What a person would run to see it.
ask_openssl() { # FILE
	run openssl ocsp -issuer issuing.pem -cert "$1" -url "$SIGNET_PUBLIC_URL/ocsp" \
		-CAfile state/root.pem
}
verify_openssl() { # FILE
	run openssl verify -crl_check_all -CAfile state/root.pem -untrusted issuing.pem \
		-CRLfile issuing.crl.pem -CRLfile root.crl.pem "$1"
}

# number_of FILE: what the server calls this certificate
number_of() {
	SIGNET_LOGIN=$stack_dir/login/admin "$stack_bin/signet" certificate search --json \
		--serial-number "$(openssl x509 -in "$1" -noout -serial | sed 's/.*=//')" >number.json
	id_of number.json
}

stack_use "$work"
stack_free_ports
title "A private PostgreSQL, a root and an issuing authority, a manufacturer, its policy"
stack_prepare
stack_start
# shellcheck source=/dev/null
. "$stack_dir/env"
cd "$stack_dir"
device=$stack_bin/signet-device
acme=$stack_dir/acme
fine "up at $SIGNET_EST_URL; the root's fingerprint is $(stack_fingerprint)"

title "A device trusts the pinned fingerprint and nothing else, and enrolls with its IDevID"
run "$device" enroll --store "$stack_dir/device" --server "$SIGNET_EST_URL" \
	--pin "$(stack_fingerprint)" --idevid-cert "$acme/SN-0001.pem" --idevid-key "$acme/SN-0001.key"
run "$device" status --store "$stack_dir/device"


title "curl fetches the CA certificates; others read what the device got"
run curl -sS --cacert state/root.pem -o cacerts.b64 "$SIGNET_EST_URL/.well-known/est/cacerts"
openssl base64 -d -A -in cacerts.b64 | openssl pkcs7 -inform DER -print_certs |
	sed -n '/BEGIN/,/END/p' >cacerts.pem
stack_issuing_of cacerts.pem >issuing.pem
verify "$stack_dir/device/current/cert.pem" SN-0001

title "It renews with its LDevID: a new key, the old identity kept until the new one has been used"
run "$device" renew --store "$stack_dir/device"
verify "$stack_dir/device/current/cert.pem" SN-0001

title "curl and openssl: a request, base64, simpleenroll with the IDevID"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out curl.key
run openssl req -new -key curl.key -subj / -outform DER -out curl.csr
run openssl base64 -A -in curl.csr -out curl.b64
post simpleenroll "$acme/SN-0002.pem" "$acme/SN-0002.key" curl.b64
expect_status 200
certificate_of_reply curl.pem
verify curl.pem SN-0002

title "curl and openssl: simplereenroll with the LDevID, subject and SAN as they stand in it"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out curl2.key
run openssl x509 -x509toreq -in curl.pem -copy_extensions copyall -signkey curl2.key -out curl2.pem
openssl req -in curl2.pem -outform DER | openssl base64 -A -out curl2.b64
post simplereenroll curl.pem curl.key curl2.b64
expect_status 200
certificate_of_reply curl2.crt
verify curl2.crt SN-0002

title "strongSwan: pki --estca, then pki --est with the IDevID (it always goes to simplereenroll)"
run pki --estca --url "$SIGNET_EST_URL" --cacert state/root.pem --caout swanca.pem --outform pem --force
pki --gen --type ecdsa --size 256 --outform pem >swan.key
run pki --req --in swan.key --type priv --dn "CN=swan" --outform der >swan.csr
run pki --est --url "$SIGNET_EST_URL" --in swan.csr --cacert state/root.pem --cacert issuing.pem \
	--cert "$acme/SN-0003.pem" --key "$acme/SN-0003.key" --outform pem >swan.pem
verify swan.pem SN-0003

title "strongSwan renews: pki --est with the LDevID"
pki --gen --type ecdsa --size 256 --outform pem >swan2.key
openssl x509 -x509toreq -in swan.pem -copy_extensions copyall -signkey swan2.key -out swan2.csr.pem
openssl req -in swan2.csr.pem -outform DER -out swan2.csr
run pki --est --url "$SIGNET_EST_URL" --in swan2.csr --cacert state/root.pem --cacert issuing.pem \
	--cert swan.pem --key swan.key --outform pem >swan2.pem
verify swan2.pem SN-0003

title "Refused: the same serial number from a manufacturer whom nobody here trusts"
post simpleenroll mallory/SN-0001.pem mallory/SN-0001.key curl.b64
expect_status 403
cat reply
refused=$(stack_enrollment_of reply)
mkdir -p "$stack_dir/login"
as admin login --token-file "$stack_dir/admin.token"
as admin enrollment explain "$refused"

title "Refused: a unit that the factory label does not know"
must_fail run "$device" enroll --store "$stack_dir/stranger" --server "$SIGNET_EST_URL" --label factory \
	--pin "$(stack_fingerprint)" --idevid-cert "$acme/SN-0008.pem" --idevid-key "$acme/SN-0008.key"

title "A label where somebody must approve: 202 and Retry-After, then 200 for the same request"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out asked.key
openssl req -new -key asked.key -subj / -outform DER | openssl base64 -A -out asked.b64
post approval/simpleenroll "$acme/SN-0004.pem" "$acme/SN-0004.key" asked.b64
expect_status 202
grep -i '^retry-after:' headers
cat reply
asked=$(stack_enrollment_of reply)
as admin enrollment list --state open
as admin enrollment approve "$asked"
post approval/simpleenroll "$acme/SN-0004.pem" "$acme/SN-0004.key" asked.b64
expect_status 200
certificate_of_reply asked.pem
verify asked.pem SN-0004

title "What happened here, as the operator sees it"
as admin enrollment list
as admin certificate search --product acme-x100 --limit 3

title "People, a pipeline, and a rule: units of the R200 are announced only when two people agree"
cp "$here/demo/people.yaml" .
run "$here/demo/ci-issuer" make ci demo-1
as admin apply -f people.yaml --dry-run
as admin apply -f people.yaml
for name in alice bob carol; do let_in $name; done
as admin can alice device.register acme-r200
must_fail as admin can pipeline device.register acme-x100

title "The pipeline shows the token of its CI, and nothing else; its act waits for two people"
claims=(iss=https://ci.demo.example sub=repo:demo/r200:ref:refs/heads/main aud=signet-demo repository_id=815
	ref=refs/heads/main ref_protected=true event_name=push actor_id=4711)
"$here/demo/ci-issuer" token ci "${claims[@]}" >ci.jwt
as pipeline login --oidc-token-file ci.jwt
as pipeline device register acme-r200 SN-2001 SN-2002 --json | tee asked.json
asked=$(id_of asked.json)
[ -n "$asked" ] || wrong "no request came of it"

title "Refused: the token a second time, and a job of another branch"
must_fail as thief login --oidc-token-file ci.jwt
"$here/demo/ci-issuer" token ci "${claims[@]/#ref=*/ref=refs/heads/mine}" >other.jwt
must_fail as thief login --oidc-token-file other.jwt

title "Two people look at it and agree; the one behind the pipeline's run may not"
as alice request show "$asked"
digest=$(digest_of "$asked")
must_fail as bob request approve "$asked" --yes --digest "$digest"
as alice request approve "$asked" --yes --digest "$digest" --comment "ordered"
must_fail as pipeline request redeem "$asked"
as carol request approve "$asked" --yes --digest "$digest"
as pipeline request redeem "$asked"
as admin device list --product acme-r200

title "Refused, and explained: a registration officer would take a role away"
must_fail as alice delete role viewer
as admin refusal list --limit 1 --json >refused.json
as admin refusal explain "$(id_of refused.json)"

title "Is it still good? OpenSSL asks OCSP, and reads the revocation lists"
ask_openssl curl2.crt
[ "$(told_by_list curl2.crt)" = good ] || wrong "the list says: $(cat list.said)"
verify_openssl curl2.crt
as admin crl list
as admin ocsp-responder list

title "Its key has leaked: revoked, and everybody hears of it within seconds"
as admin certificate revoke "$(number_of curl2.crt)" --reason keyCompromise --yes
everybody_hears revoked curl2.crt
ask_openssl curl2.crt
must_fail verify_openssl curl2.crt
post simplereenroll curl2.crt curl2.key curl2.b64
expect_status 403
cat reply

title "Held, and resumed"
as admin certificate hold "$(number_of swan2.pem)" --yes
everybody_hears revoked swan2.pem
as admin certificate resume "$(number_of swan2.pem)" --yes
everybody_hears good swan2.pem

title "A device is suspended: its certificates are held and its EST is closed, until it is resumed"
cp device/current/cert.pem ours.pem
as admin device suspend acme-x100/SN-0001 --yes
everybody_hears revoked ours.pem
must_fail run "$device" renew --store "$stack_dir/device"
as admin device resume acme-x100/SN-0001
everybody_hears good ours.pem

title "Renewal in two phases: the old certificate ends when the new one is used, if policy says so"
as admin get label open >label.yaml
sed '/^superseded:/d' label.yaml >label2.yaml
echo 'superseded: revoke' >>label2.yaml
as admin apply -f label2.yaml
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out third.key
openssl x509 -x509toreq -in swan2.pem -copy_extensions copyall -signkey third.key -out third.csr
openssl req -in third.csr -outform DER | openssl base64 -A -out third.b64
post simplereenroll swan2.pem swan2.key third.b64
expect_status 200
certificate_of_reply third.pem
[ "$(told_by_ocsp swan2.pem)" = good ] || wrong "the old one is not good: $(cat ocsp.said)"
fine "the new one is here and not used yet; the old one is good: a unit that loses power now still has it"
run curl -sS -o cacerts.b64 --cacert state/root.pem --cert third.pem --key third.key \
	"$SIGNET_EST_URL/.well-known/est/cacerts"
everybody_hears revoked swan2.pem
everybody_hears good third.pem
as admin apply -f label.yaml

title "A factory reset: the device tells the server, which revokes its LDevIDs, and erases them"
run "$device" reset --store "$stack_dir/device" --yes
everybody_hears revoked ours.pem
[ ! -e device/current ] || wrong "the identity is still there"
as admin device list --serial SN-0001 --product acme-x100

title "A service gets its certificate through the API, by the names that its profile allows"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout service.key \
	-out service.csr 2>service.log
as admin certificate issue --profile service --csr service.csr --dns gateway.demo.example \
	--output service.pem
run openssl verify -x509_strict -purpose sslserver -verify_hostname gateway.demo.example \
	-CAfile state/root.pem -untrusted service.pem service.pem

title "Many at once: what would it hit? Nothing is revoked by asking"
as admin revoke --product acme-x100 --issued-after 2026-01-01T00:00:00Z --reason superseded --dry-run
as admin statistics

title "A proof that anybody can check offline: this certificate is in the log"
as admin certificate search --serial SN-0001 --product acme-x100 --limit 1 --json >certificate.json
as admin log prove certificate "$(id_of certificate.json)" --output certificate.tlog-proof
cat certificate.tlog-proof
run curl -sS -o log.vkey "$SIGNET_PUBLIC_URL/log/vkey"
as nobody log check certificate.tlog-proof --vkey log.vkey

title "Firmware: a key that signs on the server; a channel: from which repository, and who must agree"
as admin signing-key make acme-x100-2026 --products acme-x100 --authority issuing \
	--output x100-2026.pem | grep -E '^(kid|algorithm|products) '
firmware_policy
as admin apply -f firmware.yaml

title "Which keys devices believe is said offline: two persons sign it, the server only hands it out"
trust_make
run "$stack_bin/signet" trust verify trust.cbor
as admin trust publish trust.cbor

title "The pipeline's CI step: digests leave it, no firmware; its run's token says who it is, no secret"
firmware_serve
firmware_build 1.0.0
firmware_step 1.0.0
wanted=$(firmware_request 1.0.0)
[ -n "$wanted" ] || wrong "no request came of it: $(cat job-1.0.0/step.log)"
as alice request show "$wanted"
digest=$(digest_of "$wanted")
must_fail as bob request approve "$wanted" --yes --digest "$digest"
as alice request approve "$wanted" --yes --digest "$digest" --comment "built and tested"
as carol request approve "$wanted" --yes --digest "$digest"
firmware_step_end 1.0.0
as alice release show acme-x100/stable/1.0.0

title "The same in other hands: OpenSSL verifies the CMS, and finds the file's digest in the manifest"
run openssl cms -verify -inform DER -in job-1.0.0/signed/release.cms -content job-1.0.0/signed/manifest.json \
	-CAfile state/root.pem -certfile issuing.pem -purpose any -out cms.json
grep -q "$(sha256sum job-1.0.0/x100.bin | cut -c -64)" cms.json || wrong "not the digest of what was built"
fine "signed by acme-x100-2026: SHA-256 $(sha256sum job-1.0.0/x100.bin | cut -c -64)"

title "A device knows the first trust statement by its digest; it finds the release and installs it"
run "$device" enroll --store unit --server "$SIGNET_EST_URL" --pin "$(stack_fingerprint)" \
	--idevid-cert "$acme/SN-0004.pem" --idevid-key "$acme/SN-0004.key"
run "$device" update init --store unit --product acme-x100 --channel stable --model X100 \
	--trust trust.cbor --trust-digest "$(sha256sum trust.cbor | cut -c -64)" \
	--download-ca state/root.pem
must_say 3 run "$device" update check --store unit
run "$device" update install --store unit
firmware_boot
run "$device" update confirm --store unit
run "$device" update status --store unit

title "The next release, the same way: 1.1.0"
firmware_release 1.1.0
must_say 3 run "$device" update check --store unit

title "Refused: an image that somebody has changed where it lies"
spoil web/x100-1.1.0.bin 4000
must_fail run "$device" update install --store unit
firmware_boot
spoil web/x100-1.1.0.bin 4000
fine "changed back"

title "Refused: a bundle of which one bit is another"
cp job-1.1.0/signed/release.bundle spoilt.bundle
spoil spoilt.bundle 600
must_fail run "$device" update verify spoilt.bundle --store unit
must_fail run "$device" update install spoilt.bundle --store unit

title "It installs 1.1.0; from then on an older one is refused, however well it is signed"
run "$device" update install --store unit
firmware_boot
run "$device" update confirm --store unit
must_fail run "$device" update install job-1.0.0/signed/release.bundle --store unit \
	--component main=job-1.0.0/x100.bin

title "1.1.0 is found bad and recalled; the device hears that it must leave it, and does"
firmware_release 1.1.1
as alice release recall acme-x100/stable/1.1.0 --yes
must_say 4 run "$device" update check --store unit
run "$device" update install --store unit
firmware_boot
run "$device" update confirm --store unit
run "$device" update status --store unit
as admin release list --product acme-x100
firmware_end

title "The whole log, walked like a stranger and held against the store"
as admin log verify

title "Stop: the server drains, the database stops"
stack_stop
printf '\n%sAll %d steps went as they should.%s\n' "$green" $number "$plain"
