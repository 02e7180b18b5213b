#!/usr/bin/env bats
# GnuTLS: its requests, its TLS, its reading of what we issue.

load server.bash

setup_file() { interop_start; }
teardown_file() { interop_stop; }
setup() {
	interop_setup
	echo 'cn = "gnutls"' >template
}

# ask NAME UNIT CERTTOOL-KEY-OPTION...: a key and request made by certtool, enrolled
ask() {
	local name=$1 unit=$2
	shift 2
	certtool --generate-privkey "$@" --no-text --outfile "$name.key"
	certtool --generate-request --template template --load-privkey "$name.key" --outder --outfile "$name.der"
	openssl base64 -A -in "$name.der" -out "$name.b64"
	post simpleenroll "$acme/$unit.pem" "$acme/$unit.key" "$name.b64"
	[ "$status" = 200 ] || { cat reply; return 1; }
	issued "$name.pem"
	verified "$name.pem" "$unit"
}

@test "certtool's request on P-256" {
	ask p256 SN-0001 --key-type=ecdsa --curve=secp256r1
}

@test "certtool's request on P-384" {
	ask p384 SN-0002 --key-type=ecdsa --curve=secp384r1
}

@test "certtool's request with Ed25519" {
	ask ed25519 SN-0003 --key-type=ed25519
}

@test "certtool's request with RSA of 2048 bits" {
	ask rsa SN-0004 --key-type=rsa --bits=2048
}

@test "certtool reads the profile back: client authentication, digital signature, no CA" {
	ask leaf SN-0005 --key-type=ecdsa --curve=secp256r1
	certtool --certificate-info --infile leaf.pem >info
	grep 'TLS WWW Client' info
	grep 'Digital signature' info
	grep 'Certificate Authority (CA): FALSE' info
	grep 'Authority Key Identifier' info
	# GnuTLS has no name for freshestCRL (RFC 5280 4.2.1.15).
	! grep -i 'unknown extension' info | grep -v '2\.5\.29\.46'
}

@test "certtool reads the demo manufacturer's IDevID: hardwareModuleName and no end" {
	certtool --certificate-info --infile "$acme/SN-0001.pem" >info
	grep -iE '1\.3\.6\.1\.5\.5\.7\.8\.4' info
	grep -iE 'Not After: .*9999' info
}

@test "gnutls-cli verifies the server and fetches cacerts with a client certificate" {
	printf 'GET /.well-known/est/cacerts HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' |
		gnutls-cli --x509cafile "$root" --x509certfile "$acme/SN-0006.pem" --x509keyfile "$acme/SN-0006.key" \
			--port "$stack_device_port" localhost >said 2>&1
	grep 'Status: The certificate is trusted' said
	grep 'HTTP/1.1 200' said
}

@test "gnutls-cli at TLS 1.2 is served, at TLS 1.1 is not" {
	gnutls-cli --x509cafile "$root" --priority NORMAL:-VERS-ALL:+VERS-TLS1.2 \
		--port "$stack_device_port" localhost </dev/null >said 2>&1
	grep 'Handshake was completed' said
	run gnutls-cli --x509cafile "$root" --priority NORMAL:-VERS-ALL:+VERS-TLS1.1 \
		--port "$stack_device_port" localhost </dev/null
	[ "$status" -ne 0 ]
}
