#!/usr/bin/env bats
# What standards demand, seen from outside with other people's programs.

# shellcheck source=server.bash
. "${BATS_TEST_FILENAME%/*}/server.bash"

setup_file() { interop_start; }
teardown_file() { interop_stop; }
setup() { interop_setup; }

# enrolled NAME UNIT: NAME.key and NAME.pem, an LDevID of that unit
enrolled() {
	request "$1"
	post simpleenroll "$acme/$2.pem" "$acme/$2.key" "$1.b64"
	[ "$status" = 200 ]
	issued "$1.pem"
}

# RFC 5652 5.1, RFC 7030 4.2.3: version 1, no digests, no content, one certificate, no signers, and
# nothing around it that differs from one answer to the next.
@test "the answer is a degenerate SignedData around the certificate, byte for byte" {
	enrolled own SN-0001
	openssl x509 -in own.pem -outform DER -out own.der
	local certificate content
	certificate=$(od -An -v -tx1 own.der | tr -d ' \n')
	content=$(openssl base64 -d -A -in reply | od -An -v -tx1 | tr -d ' \n')
	[[ $content == 3082????06092a864886f70d010702a082????3082????0201013100300b06092a864886f70d010701a082????"$certificate"3100 ]]
	openssl crl2pkcs7 -nocrl -certfile own.pem -outform DER | cmp - <(openssl base64 -d -A -in reply)
}

# RFC 5280 7.1: PrintableString and UTF8String of the same characters are the same name.
@test "a renewal may write its Subject in another string type: GnuTLS" {
	enrolled own SN-0002
	certtool --generate-privkey --key-type=ecdsa --curve=secp256r1 --outfile next.key
	printf 'dn = "serialNumber=SN-0002,CN=X100,O=Acme"\n' >next.template
	certtool --generate-request --load-privkey next.key --template next.template --outder --outfile next.csr
	openssl asn1parse -inform DER -in next.csr | grep -q 'PRINTABLESTRING *:X100'
	openssl base64 -A -in next.csr -out next.b64
	post simplereenroll own.pem own.key next.b64
	[ "$status" = 200 ]
	issued next.pem
	verified next.pem SN-0002
	same_key next.pem next.key
}

@test "a renewal may write its Subject in another string type: strongSwan" {
	enrolled own SN-0003
	pki --gen --type ecdsa --size 256 --outform pem >next.key
	pki --req --in next.key --type priv --dn 'O=Acme, CN=X100, serialNumber=SN-0003' --outform der >next.csr
	openssl base64 -A -in next.csr -out next.b64
	post simplereenroll own.pem own.key next.b64
	[ "$status" = 200 ]
	issued next.pem
	verified next.pem SN-0003
}

@test "a renewal under another Subject stays refused, whatever it is written in" {
	enrolled own SN-0004
	local dn
	for dn in /O=Acme/CN=X100/serialNumber=SN-0005 /O=Acme/CN=x100/serialNumber=SN-0004 \
		/O=Acme/serialNumber=SN-0004/CN=X100 /O=Acme/CN=X100 /; do
		openssl req -new -key own.key -subj "$dn" -outform DER | openssl base64 -A -out next.b64
		post simplereenroll own.pem own.key next.b64
		[ "$status" = 400 ]
		grep -q '^code: reenroll.subject$' reply
	done
}

# RFC 7030 4.3 and 4.4
@test "what is not offered is 501" {
	local got
	got=$(curl -sS -o reply -w '%{http_code}' --cacert "$root" -H 'Content-Type: application/pkcs10' \
		--data x "$est/serverkeygen")
	[ "$got" = 501 ]
	grep -q '^code: est.not-offered$' reply
}

# RFC 7030 3.5: "the server MUST include" challengePassword where it requires linking.
@test "a label that requires linking says so though it asks for nothing else" {
	cat >policy.yaml <<-'END'
		kind: label
		name: bound
		profile: device
		trust_anchors: [acme]
		pop: required
		csrattrs: none
	END
	stack_signet apply -f policy.yaml
	local tenth
	for tenth in $(seq 100); do
		[ "$(curl -sS --cacert "$root" "$est/bound/csrattrs")" = MAsGCSqGSIb3DQEJBw== ] && return
		sleep 0.1
	done
	echo "not after $tenth tenths of a second" >&2
	return 1
}

# RFC 6960 4.2.2.2: whoever holds such a certificate of the authority speaks for it.
@test "no profile makes devices speak for the authority" {
	local usage
	for usage in OCSPSigning 1.3.6.1.5.5.7.3.9 cmcRA anyExtendedKeyUsage; do
		cat >policy.yaml <<-END
			kind: profile
			name: device
			authority: issuing
			subject: [{attribute: serialNumber, value: "{serial}"}]
			extended_key_usage: [clientAuth, $usage]
		END
		run stack_signet apply -f policy.yaml
		[ "$status" = 1 ]
		[[ $output == *'is not for devices'* ]]
	done
}

@test "init takes a hierarchy as it is, or not at all" {
	local option
	for option in '--path-length 1' '--permit-dns example.com' '--exclude-directory C=DE' \
		'--root-crl-url http://a.example/c' '--name Other' '--subject CN=Other'; do
		# shellcheck disable=SC2086 # words on purpose
		run stack_signetd init --chain "$cacerts" --key "$acme/ca.key" $option
		[ "$status" = 2 ]
		[[ $output == *'no place beside --chain'* ]]
	done
}
