#!/usr/bin/env bats
# Revocation lists as others fetch and read them: curl, openssl, GnuTLS.

load server.bash

setup_file() { interop_start; }
teardown_file() { interop_stop; }
setup() {
	interop_setup
	lists=$SIGNET_PUBLIC_URL/crl
}

sql() { psql -qAtX -v ON_ERROR_STOP=1 "${SIGNET_DATABASE/user=signet_server/user=postgres}" -c "$1"; }

# listed NAME PATH: NAME.der and NAME.pem, verified
listed() {
	curl -fsS -o "$1.der" "$lists/$2"
	openssl crl -inform DER -in "$1.der" -out "$1.pem"
	openssl crl -in "$1.pem" -noout -CAfile "${3-$issuing}" 2>&1 | grep -q 'verify OK'
}

@test "an authority's list: DER, verified by openssl and GnuTLS, that of the root too" {
	listed issuing issuing.crl
	listed root root.crl "$root"
	certtool --verify-crl --load-ca-certificate "$issuing" --infile issuing.pem | grep -q Verified
	certtool --verify-crl --load-ca-certificate "$root" --infile root.pem | grep -q Verified
	cmp issuing.der <(openssl crl -in issuing.pem -outform DER)
}

@test "HTTP: types, tags, dates and ages; nothing is sent twice" {
	curl -fsS -D head -o list "$lists/issuing.crl"
	grep -qi '^content-type: application/pkix-crl' head
	etag=$(sed -n 's/^ETag: //p' head | tr -d '\r')
	date=$(sed -n 's/^Last-Modified: //p' head | tr -d '\r')
	age=$(sed -n 's/^Cache-Control:.*max-age=\([0-9]*\).*/\1/p' head)
	[ "$age" -le 60 ]
	[ "\"$(sha256sum <list | cut -d' ' -f1)\"" = "$etag" ]
	[ "$(curl -sS -o /dev/null -w '%{http_code}' -H "If-None-Match: $etag" "$lists/issuing.crl")" = 304 ]
	[ "$(curl -sS -o /dev/null -w '%{http_code}' -H "If-Modified-Since: $date" "$lists/issuing.crl")" = 304 ]
	curl -fsS -I "$lists/issuing.crl" | tee head
	grep -q "^Content-Length: $(stat -c %s list)" head
	[ "$(curl -sS -o /dev/null -w '%{http_code}' -X POST "$lists/issuing.crl")" = 405 ]
	[ "$(curl -sS -o refused -w '%{http_code}' "$lists/nobody.crl")" = 404 ]
	grep -q 'crl.unknown' refused
}

@test "openssl verify -crl_check_all agrees, from the root's list down" {
	request unit
	post simpleenroll "$SIGNET_IDEVID_CERT" "$SIGNET_IDEVID_KEY" unit.b64
	[ "$status" = 200 ]
	issued unit.pem
	listed issuing issuing.crl
	listed root root.crl "$root"
	openssl verify -crl_check_all -CAfile "$root" -untrusted "$issuing" -CRLfile issuing.pem \
		-CRLfile root.pem unit.pem
}

@test "the root's key revokes the issuing authority, and nobody else does" {
	run stack_signetd crl --revoke issuing --reason cACompromise --yes
	[ "$status" = 1 ]
	[[ $output = *root-passphrase-file* ]]
	stack_signetd crl --revoke issuing --reason cACompromise --yes \
		--root-passphrase-file "$stack_dir/root.passphrase" --root-key-directory "$stack_dir/offline"
	serial=$(openssl x509 -in "$issuing" -noout -serial | cut -d= -f2)
	for _ in $(seq 100); do
		listed root root.crl "$root"
		openssl crl -in root.pem -noout -text >said
		grep -q "$serial" said && break
		sleep 0.1
	done
	grep -A4 "$serial" said | grep -q 'CA Compromise'
}

@test "an authority that was revoked issues nothing more" {
	# Servers hear of it as of policy; each request has a key of its own, so that none is answered again.
	for _ in $(seq 100); do
		request late
		post simpleenroll "$SIGNET_IDEVID_CERT" "$SIGNET_IDEVID_KEY" late.b64
		[ "$status" = 200 ] || break
		sleep 0.2
	done
	[ "$status" = 409 ]
	grep -q 'authority.revoked' reply headers
}
