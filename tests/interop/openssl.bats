#!/usr/bin/env bats
# The openssl program: TLS as it looks from outside, algorithms, and what stands in certificates.

load server.bash

setup_file() { interop_start; }
teardown_file() { interop_stop; }
setup() { interop_setup; }

# s_client with our trust, silent but for what -brief says
client() {
	openssl s_client -connect "localhost:$stack_device_port" -servername localhost -CAfile "$root" \
		-verify_return_error -verify_hostname localhost "$@" 2>&1
}

# ask NAME UNIT GENPKEY-OPTION...
ask() {
	local name=$1 unit=$2
	shift 2
	request "$name" "$@"
	post simpleenroll "$acme/$unit.pem" "$acme/$unit.key" "$name.b64"
}

# ask_well NAME UNIT GENPKEY-OPTION...
ask_well() {
	ask "$@"
	[ "$status" = 200 ] || { cat reply; return 1; }
	issued "$1.pem"
	verified "$1.pem" "$2"
	same_key "$1.pem" "$1.key"
}

@test "the server's own certificate is good for its name, from its own authority" {
	client -brief </dev/null >said
	grep -i 'verification: OK' said
}

@test "the server sends its chain without the root" {
	client -showcerts </dev/null >said
	[ "$(grep -c 'BEGIN CERTIFICATE' said)" = 2 ]
}

@test "TLS 1.2 has extended master secret" {
	client -tls1_2 </dev/null | grep 'Extended master secret: yes'
}

@test "TLS 1.1 and NULL suites are refused" {
	run client -tls1_1 -cipher 'ALL:@SECLEVEL=0' </dev/null
	[ "$status" -ne 0 ]
	run client -tls1_2 -cipher 'aNULL:eNULL:@SECLEVEL=0' </dev/null
	[ "$status" -ne 0 ]
}

@test "a session is resumed" {
	{ printf 'GET /.well-known/est/csrattrs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'; sleep 1; } |
		client -sess_out session >said
	[ -s session ]
	client -sess_in session </dev/null | grep '^Reused'
}

@test "the connection is closed with close_notify after Connection: close" {
	# -ign_eof waits for the server's end; without close_notify OpenSSL 3 says 'unexpected eof'.
	{ printf 'GET /.well-known/est/cacerts HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'; sleep 1; } |
		client -ign_eof -quiet >said
	grep -a 'HTTP/1.1 200' said
	! grep -ai 'unexpected eof' said
}

@test "a certificate for P-384" {
	ask_well p384 SN-0001 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
}

@test "a certificate for Ed25519" {
	ask_well ed25519 SN-0002 -algorithm ED25519
}

@test "a certificate for RSA of 3072 bits" {
	ask_well rsa SN-0003 -algorithm RSA -pkeyopt rsa_keygen_bits:3072
}

@test "a certificate for ML-DSA-44" {
	openssl list -public-key-algorithms | grep -qi ml-dsa-44 || skip "this OpenSSL has no ML-DSA"
	request mldsa -algorithm ML-DSA-44
	post simpleenroll "$acme/SN-0004.pem" "$acme/SN-0004.key" mldsa.b64
	[ "$status" = 200 ]
	issued mldsa.pem
	# GnuTLS of Debian 13 does not read ML-DSA yet.
	openssl verify -x509_strict -purpose sslclient -CAfile "$root" -untrusted "$issuing" mldsa.pem
	same_key mldsa.pem mldsa.key
}

@test "RSA of 1024 bits is refused" {
	ask weak SN-0005 -algorithm RSA -pkeyopt rsa_keygen_bits:1024
	[ "$status" = 400 ] || [ "$status" = 403 ]
}

@test "a curve that no profile lists is refused" {
	ask odd SN-0005 -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1
	[ "$status" = 400 ] || [ "$status" = 403 ]
}

@test "a request with a broken signature is 400" {
	request key
	openssl base64 -d -A -in key.b64 >key.der
	# The last byte is of the signature.
	size=$(stat -c %s key.der)
	last=$(tail -c 1 key.der | od -An -tu1 | tr -d ' ')
	{ head -c $((size - 1)) key.der; printf "\\x$(printf %x $((last ^ 1)))"; } | openssl base64 -A -out bad.b64
	post simpleenroll "$acme/SN-0005.pem" "$acme/SN-0005.key" bad.b64
	[ "$status" = 400 ]
	grep -x 'code: csr.signature' reply
}

@test "the IDevID's own key is refused for an LDevID" {
	openssl req -new -key "$acme/SN-0006.key" -subj / -outform DER | openssl base64 -A -out key.b64
	post simpleenroll "$acme/SN-0006.pem" "$acme/SN-0006.key" key.b64
	[ "$status" = 403 ] || [ "$status" = 409 ] || [ "$status" = 400 ]
	grep -x 'code: key.idevid' reply
}

@test "one key under two devices is refused" {
	request shared
	post simpleenroll "$acme/SN-0007.pem" "$acme/SN-0007.key" shared.b64
	[ "$status" = 200 ]
	post simpleenroll "$acme/SN-0008.pem" "$acme/SN-0008.key" shared.b64
	[ "$status" = 403 ] || [ "$status" = 409 ]
	grep -x 'code: key.reused' reply
}

@test "one serial number under two IDevID keys is refused as a clone" {
	request key
	post simpleenroll "$acme/SN-0008.pem" "$acme/SN-0008.key" key.b64
	[ "$status" = 200 ]
	mkdir -p "$BATS_TEST_TMPDIR/clone"
	cp "$acme"/{ca.pem,ca.key,ca.cnf,name,index.txt,serial,crlnumber} clone/
	sed -i "s|^dir = .*|dir = $PWD/clone|" clone/ca.cnf
	"$stack_top/deploy/demo/manufacturer" unit "$PWD/clone" X100 SN-0008
	request other
	post simpleenroll clone/SN-0008.pem clone/SN-0008.key other.b64
	[ "$status" = 403 ] || [ "$status" = 409 ]
	grep -x 'code: device.clone' reply
}

@test "issued certificates follow RFC 5280: serial number, times, key identifiers, usage" {
	request key
	post simpleenroll "$acme/SN-0001.pem" "$acme/SN-0001.key" key.b64
	issued leaf.pem
	openssl x509 -in leaf.pem -noout -text >text
	grep 'Version: 3' text
	# 16 random bytes, positive
	[ "$(openssl x509 -in leaf.pem -noout -serial | sed 's/.*=//' | tr -d '\n' | wc -c)" -ge 30 ]
	grep -A1 'X509v3 Key Usage: critical' text | grep 'Digital Signature'
	grep -A1 'X509v3 Extended Key Usage' text | grep 'TLS Web Client Authentication'
	! grep 'CA:TRUE' text
	aki=$(openssl x509 -in leaf.pem -noout -ext authorityKeyIdentifier | tail -n 1 | tr -d ' ' | sed 's/keyid://')
	ski=$(openssl x509 -in "$issuing" -noout -ext subjectKeyIdentifier | tail -n 1 | tr -d ' ')
	[ "$aki" = "$ski" ]
	# inner and outer algorithm the same, and the profile's
	[ "$(grep -c 'Signature Algorithm: ecdsa-with-SHA' text)" = 2 ]
}

@test "the AIA URL of a certificate leads to its issuer, over clear HTTP" {
	request key
	post simpleenroll "$acme/SN-0001.pem" "$acme/SN-0001.key" key.b64
	issued leaf.pem
	url=$(openssl x509 -in leaf.pem -noout -text | sed -n 's/.*CA Issuers - URI://p')
	[[ $url == http://*/ca/* ]]
	curl -fsS -D headers -o issuer.der "$url"
	grep -i 'content-type: application/pkix-cert' headers
	cmp issuer.der <(openssl x509 -in "$issuing" -outform DER)
}
