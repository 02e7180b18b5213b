#!/usr/bin/env bats
# Who calls, by other people's programs: tokens of outside issuers made by jose and by openssl, key sets fetched
# over HTTPS from openssl's server, our own tokens checked by openssl, operators' certificates used by curl.

bats_require_minimum_version 1.5.0

setup_file() {
	# shellcheck source=server.bash
	. "$BATS_TEST_DIRNAME/server.bash"
	local dir
	dir=$(mktemp -d "${SIGNET_TEST_PLACE:-/tmp}/signet-interop.XXXXXX")
	export INTEROP_DIR=$dir
	stack_use "$dir"
	interop_prepare
	issuer_make
	printf 'fetch:\n  ca_file: "%s/issuer/tls.pem"\n' "$dir" >>"$stack_config"
	stack_start
	export INTEROP_SERVER=$stack_server
	interop_save_ports
	stack_signet apply -f "$dir/issuer/policy.yaml" >"$dir/apply.log"
}

teardown_file() {
	. "$BATS_TEST_DIRNAME/server.bash"
	[ -z "${ISSUER_SERVER:-}" ] || kill "$ISSUER_SERVER" 2>/dev/null || true
	interop_stop
}

setup() {
	. "$BATS_TEST_DIRNAME/server.bash"
	interop_setup
	issuer=$INTEROP_DIR/issuer
	api=$SIGNET_API_URL/api/v1
}

# Two issuers: one with keys of jose, served by openssl over HTTPS; one of openssl alone, whose set is in the policy.
issuer_make() {
	local issuer=$INTEROP_DIR/issuer port
	mkdir -p "$issuer/www"
	jose jwk gen -i '{"alg":"ES256","kid":"jose-ec","use":"sig"}' -o "$issuer/ec.jwk"
	jose jwk gen -i '{"alg":"RS256","kid":"jose-rsa","use":"sig"}' -o "$issuer/rsa.jwk"
	jose jwk gen -i '{"alg":"ES256","kid":"other","use":"sig"}' -o "$issuer/stranger.jwk"
	jose jwk pub -s -i "$issuer/ec.jwk" -i "$issuer/rsa.jwk" -o "$issuer/www/jwks.json"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost -keyout "$issuer/tls.key" -out "$issuer/tls.pem" 2>/dev/null
	stack_free_port port
	(cd "$issuer/www" && exec openssl s_server -quiet -WWW -accept "127.0.0.1:$port" -cert ../tls.pem \
		-key ../tls.key) >"$issuer/server.log" 2>&1 3>&- 4>&- 9>&- &
	export ISSUER_SERVER=$!
	# Who asks in vain does not ask again for a while.
	soon curl -fsS -o "$issuer/served.json" --cacert "$issuer/tls.pem" "https://localhost:$port/jwks.json"
	"$stack_top/deploy/demo/ci-issuer" make "$issuer/offline" offline-1
	cat >"$issuer/policy.yaml" <<-END
		kind: oidc-issuer
		name: jose
		issuer: https://ci.example
		audience: https://signet.example
		jwks_url: https://localhost:$port/jwks.json
		algorithms: [ES256, RS256]
		person_claim: actor_id
		---
		kind: oidc-issuer
		name: offline
		issuer: https://offline.example
		audience: https://signet.example
		jwks: '$(cat "$issuer/offline/jwks.json")'
		---
		kind: principal
		name: ci-x100
		type: ci
		---
		kind: principal
		name: olga
		type: person
		identities:
		  - {issuer: jose, subject: "77"}
		---
		kind: oidc-rule
		name: jose-main
		issuer: jose
		principal: ci-x100
		claims:
		  - {claim: repository_id, value: "123456"}
		  - {claim: ref, value: refs/heads/main}
		---
		kind: oidc-rule
		name: offline-main
		issuer: offline
		principal: ci-x100
		claims:
		  - {claim: project_id, value: "42"}
		  - {claim: ref_protected, value: "true"}
	END
}

# A token of jose's issuer: KEY [CLAIM:VALUE...] replaces claims of a run on main.
jose_token() {
	local key=$1 now claims
	shift
	now=$(date +%s)
	claims=$(printf '{"iss":"https://ci.example","aud":"https://signet.example","sub":"repo:a/b","jti":"%s",
		"iat":%d,"exp":%d,"repository_id":"123456","ref":"%s","actor_id":"77"}' \
		"$(openssl rand -hex 12)" "$now" $((now + 300)) "${1:-refs/heads/main}")
	printf '%s' "$claims" | jose jws sig -I- -k "$issuer/$key.jwk" -c -o- -s \
		"{\"protected\":{\"alg\":\"${2:-ES256}\",\"kid\":\"${3:-jose-ec}\",\"typ\":\"JWT\"}}"
}

# Status on the first line of `answer`, the body in body.json.
call() { # METHOD PATH [CURL OPTIONS]
	local method=$1 path=$2
	shift 2
	curl -sS --cacert "$root" -o body.json -w '%{http_code}\n' -X "$method" "$@" "$api/$path"
}

exchange() { # TOKEN
	call POST token-exchange -H 'Content-Type: application/json' -d "{\"token\":\"$1\"}"
}

member() { # NAME: a string member of body.json
	sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" body.json
}

@test "a token signed by jose with ES256 is exchanged, and the person behind it is known" {
	[ "$(exchange "$(jose_token ec)")" = 201 ]
	[ "$(member principal)" = ci-x100 ]
	[ "$(call GET "tokens?principal=ci-x100" -H "Authorization: Bearer $SIGNET_ADMIN_TOKEN")" = 200 ]
	grep -q '"person":"olga"' body.json
}

@test "a token signed by jose with RS256 is exchanged" {
	[ "$(exchange "$(jose_token rsa refs/heads/main RS256 jose-rsa)")" = 201 ]
}

@test "a token of an issuer that openssl plays, by a key set in the policy" {
	local token
	token=$("$stack_top/deploy/demo/ci-issuer" token "$issuer/offline" iss=https://offline.example \
		aud=https://signet.example sub=x project_id=42 ref_protected=true)
	[ "$(exchange "$token")" = 201 ]
	[ "$(exchange "$token")" = 409 ]
	[ "$(member code)" = oidc.replayed ]
}

@test "who is not the issuer, or says that another key is its own, is told nothing" {
	[ "$(exchange "$(jose_token stranger)")" = 401 ]
	[ "$(member code)" = credential.refused ]
	[ "$(exchange "$(jose_token stranger refs/heads/main ES256 other)")" = 401 ]
	[ "$(member code)" = credential.refused ]
	[ "$(exchange "$(jose_token rsa refs/heads/main RS256 jose-ec)")" = 401 ]
}

@test "another branch is told that no rule matches" {
	[ "$(exchange "$(jose_token ec refs/heads/main2)")" = 403 ]
	[ "$(member code)" = oidc.rule ]
}

@test "openssl verifies a token of ours, by the public half of the key behind the wall" {
	local token half
	[ "$(exchange "$(jose_token ec)")" = 201 ]
	token=$(member token)
	openssl pkey -in "$INTEROP_DIR/keys/token.key" -passin "file:$INTEROP_DIR/keys.passphrase" -pubout -out pub.pem
	printf '%s' "${token%.*}" >signed
	half=$(printf '%s==' "${token##*.}" | tr '_-' '/+' | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
	[ ${#half} = 128 ]
	printf 'asn1=SEQUENCE:sig\n[sig]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "${half:0:64}" "${half:64}" >sig.conf
	openssl asn1parse -genconf sig.conf -noout -out sig.der
	openssl dgst -sha256 -verify pub.pem -signature sig.der signed
	# and it says who issued it, and for whom it is
	printf '%s==' "$(cut -d. -f2 <<<"$token")" | tr '_-' '/+' | openssl base64 -d -A 2>/dev/null |
		grep -q '"iss":"urn:signet:[0-9a-f]\{16\}","aud":"signet","sub":"ci-x100"'
}

operator_csr() { # NAME: a key, and its request as a JSON string's text
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=somebody-else -keyout "$1.key" \
		-out "$1.csr" 2>/dev/null
	awk '{ printf "%s\\n", $0 }' "$1.csr"
}

admin() { # PATH BODY
	call POST "$1" -H "Authorization: Bearer $SIGNET_ADMIN_TOKEN" -H 'Content-Type: application/json' -d "$2"
}

# Its key is made behind the wall, its certificate by openssl with the offline root's key.
operators_authority() {
	local request
	[ "$(admin authorities/operators/key '{"subject":"CN=Demo Operators"}')" = 201 ]
	request=$(member csr)
	printf '%b' "$request" >operators.csr
	printf 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n%s\n%s\n' \
		subjectKeyIdentifier=hash authorityKeyIdentifier=keyid >operators.ext
	openssl x509 -req -in operators.csr -CA "$root" -CAkey "$INTEROP_DIR/offline/root.key" \
		-passin "file:$INTEROP_DIR/root.passphrase" -set_serial 0x5a5a5a5a5a5a5a5a5a5a -days 30 -sha256 \
		-extfile operators.ext -out operators.pem 2>openssl.log
	request=$(cat operators.pem "$root" | awk '{ printf "%s\\n", $0 }')
	[ "$(admin authorities/operators/certificate "{\"chain\":\"$request\",\"operators\":true}")" = 201 ]
}

certify() { # NAME CSR
	admin "principals/$1/certificates" "{\"csr\":\"$2\"}"
}

@test "an operator's certificate of openssl's request opens the API to curl, and to its holder alone" {
	local csr
	csr=$(operator_csr olga)
	# No authority of the demo is for operators.
	[ "$(certify olga "$csr")" = 409 ]
	[ "$(member code)" = credential.authority ]
	operators_authority
	[ "$(certify olga "$csr")" = 201 ]
	printf '%b' "$(member certificate)" >olga.pem
	openssl x509 -in olga.pem -noout -subject -nameopt RFC2253 | grep -qx 'subject=CN=olga'
	openssl x509 -in olga.pem -noout -purpose | grep -q 'SSL client : Yes'
	# The listener asks for certificates as soon as it has heard of the authority.
	for _ in $(seq 50); do
		[ "$(call GET whoami --cert olga.pem --key olga.key)" != 200 ] || break
		sleep 0.1
	done
	grep -q '"principal":"olga"' body.json
	grep -q '"credential":"certificate"' body.json
	# A device's is asked for now, too, and is nobody's.
	[ "$(call GET whoami --cert "$acme/SN-0001.pem" --key "$acme/SN-0001.key")" = 401 ]
	[ "$(member code)" = credential.refused ]
	# The key is spent, and olga makes nothing for who holds more.
	[ "$(certify olga "$csr")" = 409 ]
	[ "$(call POST principals/admin/certificates --cert olga.pem --key olga.key \
		-H 'Content-Type: application/json' -d "{\"csr\":\"$(operator_csr admin)\"}")" = 403 ]
}

@test "log verify names an operator's certificate behind which another stands than was logged" {
	local owner=${SIGNET_DATABASE/user=signet_server/user=postgres} id undo to
	tamper() { psql -qAtX -v ON_ERROR_STOP=1 "$owner" -c "$1"; }
	verify() { stack_signet log verify --full >verified 2>&1; }
	export HOME=$BATS_FILE_TMPDIR
	id=$(tamper "SELECT c.id FROM certificate c JOIN authority a ON a.id = c.authority_id
		WHERE a.name = 'operators' ORDER BY c.id LIMIT 1")
	undo=$(tamper "SELECT quote_nullable(person) FROM certificate WHERE id = $id")
	[ "$undo" = "'admin'" ] # who had it made
	verify
	for to in NULL "'olga'"; do
		tamper "UPDATE certificate SET person = $to WHERE id = $id"
		run ! verify
		tamper "UPDATE certificate SET person = $undo WHERE id = $id"
		grep -q "operator-certificate $id.*who stands behind it is not who was logged" verified
	done
	# And that it was another token which made it: its revocation would then not end it.
	undo=$(tamper "SELECT token_id FROM certificate WHERE id = $id")
	for to in NULL "(SELECT max(id) FROM token)"; do
		tamper "UPDATE certificate SET token_id = $to WHERE id = $id"
		run ! verify
		tamper "UPDATE certificate SET token_id = $undo WHERE id = $id"
		grep -q "operator-certificate $id.*the token that made it is not the one that was logged" verified
	done
	# A certificate of another kind has nobody behind it.
	id=$(tamper "SELECT min(id) FROM certificate WHERE device_id IS NULL")
	tamper "UPDATE certificate SET person = 'olga' WHERE id = $id"
	run ! verify
	tamper "UPDATE certificate SET person = NULL WHERE id = $id"
	grep -q "operator-certificate $id" verified
	verify
}

@test "a certificate ends with the revocation of the token that it was made with, and so does what its holder made" {
	local csr id child
	by_token() { call "$1" "$2" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' "${@:3}"; }
	by_certificate() { call "$1" "$2" --cert kept.pem --key kept.key -H 'Content-Type: application/json' "${@:3}"; }
	[ "$(admin tokens '{}')" = 201 ]
	token=$(member token)
	id=$(sed -n 's/^{"id":\([0-9]*\),.*/\1/p' body.json)
	csr=$(operator_csr kept)
	[ "$(by_token POST principals/admin/certificates -d "{\"csr\":\"$csr\"}")" = 201 ]
	printf '%b' "$(member certificate)" >kept.pem
	[ "$(by_certificate GET whoami)" = 200 ]
	grep -q '"credential":"certificate"' body.json
	[ "$(by_certificate POST tokens -d '{}')" = 201 ]
	child=$(member token)
	[ "$(token=$child by_token GET whoami)" = 200 ]
	csr=$(operator_csr second)
	[ "$(by_certificate POST principals/admin/certificates -d "{\"csr\":\"$csr\"}")" = 201 ]
	printf '%b' "$(member certificate)" >second.pem
	[ "$(call DELETE "tokens/$id" -H "Authorization: Bearer $SIGNET_ADMIN_TOKEN")" = 204 ]
	[ "$(by_certificate GET whoami)" = 401 ]
	[ "$(member code)" = credential.refused ]
	[ "$(call GET whoami --cert second.pem --key second.key)" = 401 ]
	[ "$(token=$child by_token GET whoami)" = 401 ]
	grep -q operator.revoked "$stack_dir/signetd.log"
}
