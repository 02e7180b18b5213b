#!/usr/bin/env bats
# OCSP as others ask it: the openssl program, GnuTLS, curl with GET, and clients that want a staple.

load server.bash

setup_file() { interop_start; }
teardown_file() { interop_stop; }
setup() {
	interop_setup
	ocsp=$SIGNET_PUBLIC_URL/ocsp
}

sql() { psql -qAtX -v ON_ERROR_STOP=1 "${SIGNET_DATABASE/user=signet_server/user=postgres}" -c "$1"; }

# new_certificate NAME: NAME.pem, of unit DEMO-0001 or what the stack has
new_certificate() {
	request "$1"
	post simpleenroll "$SIGNET_IDEVID_CERT" "$SIGNET_IDEVID_KEY" "$1.b64"
	[ "$status" = 200 ] || { cat reply; return 1; }
	issued "$1.pem"
}

serial_of() { openssl x509 -in "$1" -noout -serial | cut -d= -f2; }

# asked CERTIFICATE [OPTION...]: what the openssl program says, verified; hash=-sha256 before it
asked() {
	openssl ocsp -issuer "$issuing" ${hash-} -cert "$1" -CAfile "$root" -url "$ocsp" "${@:2}" 2>&1
}

# set_status SERIAL REASON RESUMED_AT: as an act would, by SQL
set_status() {
	sql "BEGIN;
		INSERT INTO crl_shard (authority_id, shard)
			SELECT authority_id, shard FROM certificate WHERE serial = '\\x$1' ON CONFLICT DO NOTHING;
		UPDATE crl_shard s SET sequence = s.sequence + 1 FROM certificate c
			WHERE c.serial = '\\x$1' AND s.authority_id = c.authority_id AND s.shard = c.shard;
		INSERT INTO revocation (authority_id, serial, certificate_id, shard, reason, revoked_at,
				not_after, sequence, resumed_at)
			SELECT c.authority_id, c.serial, c.id, c.shard, $2, now(), c.not_after, s.sequence, $3
			FROM certificate c JOIN crl_shard s USING (authority_id, shard)
			WHERE c.serial = '\\x$1'
			ON CONFLICT (authority_id, serial) DO UPDATE SET reason = EXCLUDED.reason,
				sequence = EXCLUDED.sequence, resumed_at = EXCLUDED.resumed_at;
		NOTIFY signet_status;
		COMMIT"
}

# says CERTIFICATE PATTERN...: the whole answer, in said
says() {
	local pattern
	asked "$1" >said
	for pattern in "${@:2}"; do grep -q "$pattern" said || return; done
}

@test "openssl: good, held, good again, revoked with its reason, by SHA-1 and by SHA-256" {
	new_certificate a
	for hash in -sha1 -sha256 -sha384; do
		asked a.pem | tee said
		grep -q 'Response verify OK' said
		grep -q 'a.pem: good' said
	done
	set_status "$(serial_of a.pem)" 6 NULL
	soon says a.pem 'a.pem: revoked' 'Reason: certificateHold'
	set_status "$(serial_of a.pem)" 6 'now()'
	soon says a.pem 'a.pem: good'
	set_status "$(serial_of a.pem)" 1 NULL
	soon says a.pem 'Reason: keyCompromise'
}

@test "openssl: without a nonce the answer is from the cache, and another time the same" {
	new_certificate c
	asked c.pem -no_nonce -respout one.der
	asked c.pem -no_nonce -respout two.der
	cmp one.der two.der
	asked c.pem -respout three.der
	run cmp one.der three.der
	[ "$status" -ne 0 ]
}

@test "curl: GET with every spelling of base64 gives one answer, with the headers of RFC 9919" {
	new_certificate g
	openssl ocsp -issuer "$issuing" -sha256 -cert g.pem -no_nonce -reqout request.der
	openssl base64 -A -in request.der -out request.b64
	raw=$(cat request.b64)
	lower=$(printf %s "$raw" | sed 's/+/%2b/g; s|/|%2f|g; s/=/%3d/g')
	upper=$(printf %s "$raw" | sed 's/+/%2B/g; s|/|%2F|g; s/=/%3D/g')
	lines=$(openssl base64 -in request.der | sed 's/$/%0D%0A/' | tr -d '\n' | sed 's|/|%2F|g')
	n=0
	for text in "$raw" "$lower" "$upper" "/$raw" "$lines"; do
		curl -sS --path-as-is -D "headers.$n" -o "reply.$n" "$ocsp/$text"
		head -1 "headers.$n" | grep -q ' 200 '
		cmp reply.0 "reply.$n"
		n=$((n + 1))
	done
	grep -qi '^Content-Type: application/ocsp-response' headers.0
	grep -qi '^Cache-Control: max-age=60,public,no-transform,must-revalidate' headers.0
	tag=$(sed -n 's/^ETag: "\(.*\)"\r$/\1/p' headers.0)
	[ "$tag" = "$(sha256sum <reply.0 | cut -d' ' -f1)" ]
	openssl ocsp -respin reply.0 -issuer "$issuing" -sha256 -cert g.pem -CAfile "$root" -resp_text >said
	grep -q 'g.pem: good' said
	[ "$(sed -n 's/^Last-Modified: \(.*\)\r$/\1/p' headers.0 | xargs -0 date -u +%s -d)" = \
		"$(sed -n 's/ *Produced At: //p' said | xargs -0 date -u +%s -d)" ]
	[ "$(sed -n 's/^Expires: \(.*\)\r$/\1/p' headers.0 | xargs -0 date -u +%s -d)" = \
		"$(sed -n 's/ *Next Update: //p' said | head -1 | xargs -0 date -u +%s -d)" ]
	[ "$(curl -sS -o /dev/null -w '%{http_code}' -H "If-None-Match: \"$tag\"" "$ocsp/$upper")" = 304 ]
	curl -sSI "$ocsp/$upper" | grep -q "$tag"
}

@test "what is no request is answered by OCSP's own error, which nobody may cache" {
	curl -sS -D headers -o reply "$ocsp/AAAA"
	head -1 headers | grep ' 200 '
	grep -i '^Cache-Control: no-store' headers
	[ "$(od -An -tx1 reply | tr -d ' \n')" = 30030a0101 ]
	curl -sS -o reply -H 'Content-Type: application/ocsp-request' --data-binary 'x' "$ocsp"
	[ "$(od -An -tx1 reply | tr -d ' \n')" = 30030a0101 ]
	[ "$(curl -sS -o reply -w '%{http_code}' --data-binary 'x' "$ocsp")" = 415 ]
}

@test "an issuer that is not ours, and a root whose key is away: unauthorized" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout o.key -out o.pem -subj /CN=other -days 1
	run openssl ocsp -issuer o.pem -serial 5 -CAfile "$root" -url "$ocsp"
	[[ $output == *unauthorized* ]]
	run openssl ocsp -issuer "$root" -serial 5 -CAfile "$root" -url "$ocsp"
	[[ $output == *unauthorized* ]]
}

@test "a serial number that was never issued is unknown, also beside one that was" {
	new_certificate u
	openssl ocsp -issuer "$issuing" -serial 0x4242424242424242 -CAfile "$root" -url "$ocsp" >said
	grep -q '0x4242424242424242: unknown' said
	asked u.pem -serial 0x42 -serial -1 | tee said
	grep -q 'u.pem: good' said
	grep -q '0x42: unknown' said
	grep -q -- '-1: unknown' said
}

@test "the responder: issued by the authority itself, for OCSP alone, not to be checked" {
	new_certificate r
	asked r.pem -respout r.der
	openssl ocsp -respin r.der -noverify -resp_text | sed -n '/BEGIN/,/END/p' >responder.pem
	openssl verify -x509_strict -purpose ocsphelper -CAfile "$root" -untrusted "$issuing" responder.pem
	openssl x509 -in responder.pem -noout -text >said
	grep -A1 'Extended Key Usage' said | grep -q 'OCSP Signing'
	grep -q 'OCSP No Check' said
	run grep -E 'CRL Distribution|Authority Information' said
	[ "$status" -ne 0 ]
	[ "$(sql "SELECT count(*) FROM certificate WHERE serial = '\\x$(serial_of responder.pem)'")" = 1 ]
}

@test "GnuTLS: ocsptool agrees on good and revoked" {
	agrees() { # STATUS
		ocsptool --ask="$SIGNET_PUBLIC_URL/ocsp" --load-issuer "$issuing" --load-cert t.pem \
			--load-trust "$cacerts" >said 2>&1 || true
		grep -q "Certificate Status: $1" said
	}
	new_certificate t
	agrees good
	grep -q 'Verifying OCSP Response: Success' said
	set_status "$(serial_of t.pem)" 4 NULL
	soon agrees revoked
}

@test "staples: openssl and GnuTLS get and verify one on each TLS listener" {
	for port in "$stack_device_port" "$stack_operator_port"; do
		for version in -tls1_2 -tls1_3; do
			openssl s_client $version -status -connect "localhost:$port" -CAfile "$root" </dev/null >said 2>&1
			grep -q 'OCSP Response Status: successful' said
			grep -q 'Cert Status: good' said
		done
	done
	gnutls-cli --ocsp --x509cafile "$root" -p "$stack_operator_port" localhost </dev/null >said 2>&1
	grep -qi 'OCSP.*good\|The certificate is trusted' said
	curl -sS --cert-status --cacert "$root" "$SIGNET_API_URL/healthz" || curl -sS --cert-status --cacert "$root" "https://localhost:$stack_operator_port/healthz"
}

stapled() { # STATUS
	openssl s_client -status -connect "localhost:$stack_device_port" -CAfile "$root" </dev/null >said 2>&1
	grep -q "Cert Status: $1" said
}

@test "staples: a server certificate that was revoked says so itself" {
	openssl s_client -connect "localhost:$stack_device_port" </dev/null 2>/dev/null | openssl x509 -out server.pem
	set_status "$(serial_of server.pem)" 6 NULL
	soon stapled revoked
	set_status "$(serial_of server.pem)" 6 'now()'
	soon stapled good
}
