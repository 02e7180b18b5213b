#!/usr/bin/env bats
# curl and openssl as an EST client: what RFC 7030 says on the wire, and what refusals look like.

load server.bash

setup_file() { interop_start; }
teardown_file() { interop_stop; }
setup() { interop_setup; }

@test "cacerts needs no client certificate and holds the issuing authority and the root" {
	curl -fsS --cacert "$root" -D headers -o reply "$est/cacerts"
	grep -i '^content-type: application/pkcs7-mime' headers
	openssl base64 -d -A -in reply | openssl pkcs7 -inform DER -print_certs -out bag
	[ "$(grep -c BEGIN bag)" = 2 ]
	openssl verify -x509_strict -CAfile "$root" "$issuing"
}

@test "csrattrs is base64 of a DER sequence" {
	curl -fsS --cacert "$root" -D headers -o reply "$est/csrattrs"
	grep -i '^content-type: application/csrattrs' headers
	openssl base64 -d -A -in reply | openssl asn1parse -inform DER | head -n 1 | grep SEQUENCE
}

@test "an IDevID enrolls over TLS 1.2" {
	request key
	post simpleenroll "$acme/SN-0001.pem" "$acme/SN-0001.key" key.b64 --tls-max 1.2
	[ "$status" = 200 ]
	issued leaf.pem
	verified leaf.pem SN-0001
	same_key leaf.pem key.key
}

@test "an IDevID enrolls over TLS 1.3" {
	request key
	post simpleenroll "$acme/SN-0002.pem" "$acme/SN-0002.key" key.b64 --tlsv1.3
	[ "$status" = 200 ]
	issued leaf.pem
	verified leaf.pem SN-0002
	same_key leaf.pem key.key
}

@test "the answer has the media type that byte-comparing clients want" {
	request key
	post simpleenroll "$acme/SN-0002.pem" "$acme/SN-0002.key" key.b64
	tr -d '\r' <headers | grep -x 'Content-Type: application/pkcs7-mime; smime-type=certs-only'
	tr -d '\r' <headers | grep -x 'Content-Transfer-Encoding: base64'
	tr -d '\r' <headers | grep -xE 'Content-Length: [1-9][0-9]*'
}

@test "wrapped base64 is as good as unwrapped" {
	request key
	openssl base64 -d -A -in key.b64 | openssl base64 | sed 's/$/\r/' >wrapped.b64
	status=$(curl -sS -o reply -w '%{http_code}' --cacert "$root" --cert "$acme/SN-0003.pem" \
		--key "$acme/SN-0003.key" -H 'Content-Type: application/pkcs10' --data-binary @wrapped.b64 "$est/simpleenroll")
	[ "$status" = 200 ]
	issued leaf.pem
	verified leaf.pem SN-0003
}

@test "an LDevID renews itself with a new key and the same subject" {
	request first
	post simpleenroll "$acme/SN-0004.pem" "$acme/SN-0004.key" first.b64
	issued first.pem
	renewal second first
	post simplereenroll first.pem first.key second.b64
	[ "$status" = 200 ]
	issued second.pem
	verified second.pem SN-0004
	same_key second.pem second.key
	cmp <(openssl x509 -in first.pem -noout -subject) <(openssl x509 -in second.pem -noout -subject)
}

@test "a request that names another device gets the identity of the IDevID all the same" {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.key
	openssl req -new -key key.key -subj "/CN=X100/serialNumber=SN-0005" -outform DER | openssl base64 -A -out key.b64
	post simpleenroll "$acme/SN-0006.pem" "$acme/SN-0006.key" key.b64
	if [ "$status" = 200 ]; then
		issued leaf.pem
		verified leaf.pem SN-0006
		! openssl x509 -in leaf.pem -noout -subject | grep SN-0005
	else
		[ "$status" = 403 ] || [ "$status" = 400 ]
	fi
}

@test "without a client certificate enrollment is 401 and says what is missing" {
	request key
	status=$(curl -sS -o reply -D headers -w '%{http_code}' --cacert "$root" \
		-H 'Content-Type: application/pkcs10' --data @key.b64 "$est/simpleenroll")
	[ "$status" = 401 ]
	grep -x "code: idevid.missing" reply
}

@test "a manufacturer whom nobody trusts is refused by name of the reason" {
	request key
	post simpleenroll "$mallory/SN-0001.pem" "$mallory/SN-0001.key" key.b64
	[ "$status" = 403 ]
	grep -x "code: idevid.untrusted" reply
}

@test "an unknown label is 404" {
	request key
	post nowhere/simpleenroll "$acme/SN-0001.pem" "$acme/SN-0001.key" key.b64
	[ "$status" = 404 ]
	grep -x "code: label.unknown" reply
}

@test "a body that is no request is 400, a wrong media type 415, a wrong method 405, a giant 413" {
	echo 'this is not base64!' >bad
	post simpleenroll "$acme/SN-0001.pem" "$acme/SN-0001.key" bad
	[ "$status" = 400 ]
	openssl rand -base64 100 | tr -d '\n' >bad
	post simpleenroll "$acme/SN-0001.pem" "$acme/SN-0001.key" bad
	[ "$status" = 400 ]
	[ "$(curl -sS -o reply -w '%{http_code}' --cacert "$root" --cert "$acme/SN-0001.pem" \
		--key "$acme/SN-0001.key" -H 'Content-Type: text/plain' --data @bad "$est/simpleenroll")" = 415 ]
	[ "$(curl -sS -o reply -D headers -w '%{http_code}' --cacert "$root" "$est/simpleenroll")" = 405 ]
	grep -i '^allow: .*POST' headers
	head -c 1000000 /dev/zero | tr '\0' A >giant
	post simpleenroll "$acme/SN-0001.pem" "$acme/SN-0001.key" giant
	[ "$status" = 413 ]
}

@test "approval: 202 with Retry-After until somebody approves, then the certificate" {
	request key
	post approval/simpleenroll "$acme/SN-0007.pem" "$acme/SN-0007.key" key.b64
	[ "$status" = 202 ]
	grep -iE '^retry-after: [1-9]' headers
	local id
	id=$(stack_enrollment_of reply)
	stack_signetd enrollment approve "$id"
	post approval/simpleenroll "$acme/SN-0007.pem" "$acme/SN-0007.key" key.b64
	[ "$status" = 200 ]
	issued leaf.pem
	verified leaf.pem SN-0007
}

@test "a refusal is explained by its id" {
	request key
	post simpleenroll "$mallory/SN-0001.pem" "$mallory/SN-0001.key" key.b64
	local id
	id=$(stack_enrollment_of reply)
	stack_signetd enrollment explain "$id" | grep idevid.untrusted
}

@test "two requests on one connection" {
	curl -fsS --cacert "$root" -v -o /dev/null "$est/cacerts" -o /dev/null "$est/csrattrs" 2>said
	grep -ciE 're-?using existing' said
}
