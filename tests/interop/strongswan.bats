#!/usr/bin/env bats
# strongSwan's pki as an EST client: its own TLS, its own HTTP, its own X.509.

load server.bash

setup_file() { interop_start; }
teardown_file() { interop_stop; }
setup() {
	interop_setup
	pki --help 2>&1 | grep -q 'loaded plugins:.* openssl' || skip "strongSwan without its openssl plugin"
}

# enroll CERT KEY CSR OUT [LABEL]
enroll() {
	pki --est --url "$SIGNET_EST_URL${5:+/.well-known/est/$5}" --in "$3" --cacert "$root" --cacert "$issuing" \
		--cert "$1" --key "$2" --outform pem >"$4"
}

@test "pki --estca fetches and verifies the CA certificates" {
	pki --estca --url "$SIGNET_EST_URL" --cacert "$root" --caout ca.pem --outform pem --force
	[ "$(cat ca*.pem | grep -c 'BEGIN CERTIFICATE')" = 2 ]
	cat ca*.pem | grep -qF "$(sed -n 2p "$root")"
	cat ca*.pem | grep -qF "$(sed -n 2p "$issuing")"
}

@test "pki --est with an IDevID gets an LDevID where the label lets it re-enroll" {
	pki --gen --type ecdsa --size 256 --outform pem >key.pem
	pki --req --in key.pem --type priv --dn "CN=whatever" --outform der >req.der
	enroll "$acme/SN-0001.pem" "$acme/SN-0001.key" req.der leaf.pem
	verified leaf.pem SN-0001
	same_key leaf.pem key.pem
	pki --verify --in leaf.pem --cacert "$issuing" --cacert "$root"
}

@test "pki --est with an IDevID and an RSA key" {
	openssl genrsa -out key.pem 2048
	pki --req --in key.pem --type priv --dn "CN=whatever" --outform der >req.der
	enroll "$acme/SN-1001.pem" "$acme/SN-1001.key" req.der leaf.pem
	verified leaf.pem SN-1001
	same_key leaf.pem key.pem
}

@test "pki --est with an LDevID renews it" {
	pki --gen --type ecdsa --size 256 --outform pem >key.pem
	pki --req --in key.pem --type priv --dn "CN=whatever" --outform der >req.der
	enroll "$acme/SN-0002.pem" "$acme/SN-0002.key" req.der first.pem
	renewal second first
	openssl req -in second.csr -outform DER -out second.der
	enroll first.pem key.pem second.der second.pem
	verified second.pem SN-0002
	same_key second.pem second.key
}

@test "pki --est without a certificate is refused" {
	pki --gen --type ecdsa --size 256 --outform pem >key.pem
	pki --req --in key.pem --type priv --dn "CN=whatever" --outform der >req.der
	run pki --est --url "$SIGNET_EST_URL" --in req.der --cacert "$root" --cacert "$issuing"
	[ "$status" -ne 0 ]
}

@test "pki --est with a stranger's IDevID is refused" {
	pki --gen --type ecdsa --size 256 --outform pem >key.pem
	pki --req --in key.pem --type priv --dn "CN=whatever" --outform der >req.der
	run enroll "$mallory/SN-0001.pem" "$mallory/SN-0001.key" req.der leaf.pem
	[ "$status" -ne 0 ]
}
