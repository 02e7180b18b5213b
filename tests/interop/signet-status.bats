#!/usr/bin/env bats
# signet and what is no longer good, against the real server: refused and done, for people and for machines.

bats_require_minimum_version 1.5.0
load signet.bash

setup_file() { signet_start; }
teardown_file() { interop_stop; }
setup() { signet_setup; }

# unit STORE UNIT: enrolled; sets id, the number of its certificate
unit() {
	[ -d "$INTEROP_DIR/$1" ] || enroll "$INTEROP_DIR/$1" "$2"
	run --separate-stderr signet certificate search --serial "$2" --limit 1 --json
	id=$(member 0.id)
}

# status_is WORD: of certificate $id
status_is() {
	run --separate-stderr signet certificate show "$id" --json
	[ "$(member status)" = "$1" ]
}

@test "a certificate is held and resumed, and each is shown" {
	unit d1 SN-0001
	signet certificate hold "$id" --yes >shown 2>said
	grep -q '^serial  *SN-0001$' shown
	grep -q "^certificate $id is held (certificateHold)$" said
	status_is held
	run ! grep -q $'\033' shown said
	signet certificate search --status held >table
	grep -q "^$id .* held " table
	run --separate-stderr signet certificate resume "$id" --yes --json
	[ "$status" -eq 0 ]
	[ "$(member status)" = good ]
	# once more is no failure, and changes nothing
	signet certificate resume "$id" --yes
}

@test "revoking is for good, has a reason, and is never done unasked" {
	unit d2 SN-0002
	run -2 signet certificate revoke "$id" --yes
	[[ $output == *"needs --reason REASON"* ]]
	run -2 signet certificate revoke "$id" --reason superseded </dev/null
	[[ $output == *"give --yes"* ]]
	run -1 signet certificate revoke "$id" --reason boredom --yes
	[[ $output == *status.reason* ]]
	[[ $output == *"to do:"* ]]
	run -1 signet certificate revoke 999999 --reason superseded --yes
	[[ $output == *object.unknown* ]]
	status_is good
	signet certificate revoke "$id" --reason superseded --invalid-since 2026-01-31T00:00:00Z --yes
	run signet certificate show "$id"
	[[ $output == *"status"*"revoked"* ]]
	[[ $output == *"reason"*"superseded"* ]]
	[[ $output == *"2026-01-31T00:00:00Z"* ]]
	run signet describe certificate "$id"
	[[ $output == *revoked* ]]
	run -1 signet certificate resume "$id" --yes
	[[ $output == *status.revoked* ]]
	# and provably so
	change=$(psql -At "$SIGNET_DATABASE" -c "SELECT max(id) FROM status_change WHERE certificate_id = $id")
	signet log prove status-change "$change" -o revoked.tlog-proof
	run --separate-stderr signet log info --json
	member vkey >log.vkey
	signet log check revoked.tlog-proof --vkey log.vkey
	run --separate-stderr -1 signet certificate hold "$id" --yes --json
	[ "$(member code)" = status.revoked ]
	# it renews nothing any more
	renewal again "$INTEROP_DIR/d2/current/cert"
	post simplereenroll "$INTEROP_DIR/d2/current/cert.pem" "$INTEROP_DIR/d2/current/key.pem" again.b64
	[ "$status" = 403 ]
	grep -q ldevid.revoked reply headers
}

@test "who may only look revokes nothing, and is told what is missing" {
	unit d1 SN-0001
	person vera viewer
	run -1 as vera signet certificate hold "$id" --yes
	[[ $output == *access.denied* ]]
	status_is good
}

@test "a suspended device's certificates are held, and good again when it is resumed" {
	unit d1 SN-0001
	signet device suspend acme-x100/SN-0001 --yes
	status_is held
	run -1 "$device" renew --store "$INTEROP_DIR/d1" --quiet
	run -1 signet certificate resume "$id" --yes
	[[ $output == *status.suspended* ]]
	# neither is what was held by itself before good again while the device is suspended
	signet device resume acme-x100/SN-0001
	status_is good
	signet certificate hold "$id" --yes
	signet device suspend acme-x100/SN-0001 --yes
	run -1 signet certificate resume "$id" --yes
	[[ $output == *status.suspended* ]]
	signet device resume acme-x100/SN-0001
	status_is held
	signet certificate resume "$id" --yes
	status_is good
	signet device history acme-x100/SN-0001 >table
	head -1 table | grep -q '^AT  *EVENT  *STATE '
	[ "$(grep -c ' suspended ' table)" -ge 2 ]
	run --separate-stderr signet device history acme-x100/SN-0001 --limit 1 --json
	[ "$(member 0.event)" = certificate.resumed ]
	run -1 signet device history acme-x100/NONE
	"$device" renew --store "$INTEROP_DIR/d1" --quiet
}

@test "certificates are found by key, status, label and times" {
	unit d1 SN-0001
	run --separate-stderr signet certificate show "$id" --json
	key=$(member key_digest)
	for filter in "--key $key" "--label open --issued-after 2026-01-01T00:00:00Z" \
		"--status good --serial SN-0001" "--issued-before 2099-01-01T00:00:00Z --product acme-x100"; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr signet certificate search $filter --all --json
		[ "$status" -eq 0 ]
		[[ $output == *"\"id\":$id,"* ]]
	done
	run --separate-stderr signet certificate search --key "$(printf '%064d' 0)" --json
	[ "$output" = '[]' ]
	run -1 signet certificate search --status gone
	[[ $output == *query.parameter* ]]
}

@test "a batch is said when units are announced, and found, and revoked, as one" {
	signet device register acme-x100 SN-0006 --batch 2026-W14
	unit d6 SN-0006
	run --separate-stderr signet device list --batch 2026-W14 --enrolled-after 2026-01-01T00:00:00Z --json
	[ "$(member 0.serial)" = SN-0006 ]
	run --separate-stderr signet certificate search --batch 2026-W14 --json
	[ "$(member 0.id)" = "$id" ]
	signet revoke --batch 2026-W14 --reason affiliationChanged --yes --watch
	status_is revoked
	run signet device list --batch 2026-W15
	[[ $output == none ]]
}

@test "a mass revocation is first a dry run, then done, and again hits nothing" {
	unit d3 SN-0003
	run --separate-stderr signet revoke --product acme-x100 --reason superseded --dry-run --json
	[ "$status" -eq 0 ]
	[ "$(member certificates)" -ge 2 ]
	signet revoke --product acme-x100 --reason superseded --dry-run >radius
	grep -q '^finds .* would revoke ' radius
	grep -q '^acme-x100  ' radius
	status_is good
	run -2 signet revoke --product acme-x100 --reason superseded </dev/null
	run -2 signet revoke --reason superseded --yes
	run --separate-stderr signet certificate show "$id" --json
	key=$(member key_digest)
	signet revoke --key "$key" --reason keyCompromise --yes --watch 2>said
	grep -q ' is done: 1 of 1 looked at, 1 revoked$' said
	status_is revoked
	run signet revoke --key "$key" --reason keyCompromise --yes
	[ "$status" -eq 0 ]
	[[ $output == *"nothing to revoke"* ]]
	run --separate-stderr signet mass-revocation list --json
	mass=$(member 0.id)
	[ "$(member 0.state)" = "done" ]
	signet mass-revocation show "$mass"
	run --separate-stderr signet mass-revocation watch "$mass" --json
	[ "$(member done)" = 1 ]
	run -1 signet mass-revocation cancel "$mass" --yes
	[[ $output == *"to do:"* ]]
}

@test "where policy wants approvals a mass act is a request, and redeeming shows how far it is" {
	unit d4 SN-0004
	person ann admin
	signet apply -f - <<-EOF
		kind: approval-policy
		name: mass-by-one
		acts: [certificate.revoke-many]
		approvals: 1
		role: admin
	EOF
	run --separate-stderr signet certificate show "$id" --json
	key=$(member key_digest)
	run --separate-stderr signet revoke --key "$key" --reason cessationOfOperation --yes --json
	[ "$status" -eq 0 ]
	request=$(member request.id)
	digest=$(member request.digest)
	status_is good
	as ann signet request approve "$request" --yes --digest "$digest"
	run signet request redeem "$request"
	[ "$status" -eq 0 ]
	[[ $output == *"is done: 1 of 1"* ]]
	status_is revoked
	signet delete approval-policy mass-by-one --yes
}

@test "lists: as they are published, for people, for machines, and as files" {
	signet crl list >table
	head -1 table | grep -q '^AUTHORITY  SHARD '
	grep -q '^issuing ' table
	run --separate-stderr signet crl list --authority issuing --json
	[ "$(member 0.authority)" = issuing ]
	signet crl get --authority issuing -o issuing.crl
	openssl crl -inform DER -in issuing.crl -CAfile "$issuing" -noout
	signet crl get --authority issuing --delta >delta.crl
	openssl crl -inform DER -in delta.crl -noout -text | grep -q 'Delta CRL Indicator'
	run -1 signet crl get --authority nobody -o x
	[ ! -e x ]
	run -1 signet crl get --authority issuing --shard 7
	[[ $output == *crl.nowhere* ]]
}

@test "responders and counts" {
	signet ocsp-responder list >table
	grep -q ' issuing .* current ' table
	run --separate-stderr signet ocsp-responder list --json
	[ "$(member 0.authority)" = issuing ]
	signet statistics >table
	grep -q '^AUTHORITY  PRODUCT  *ISSUED ' table
	grep -q '^total ' table
	run --separate-stderr signet statistics --product acme-x100 --json
	[ "$(member devices.0.product)" = acme-x100 ]
}

@test "a service gets a certificate with the names that it is given" {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout s.key -out s.csr
	signet certificate issue --profile service --csr s.csr --dns gateway.demo.example,localhost \
		--ip 127.0.0.1 -o s.pem
	openssl x509 -in s.pem -noout -ext subjectAltName | grep -q 'DNS:gateway.demo.example, DNS:localhost, IP'
	same_key s.pem s.key
	run -1 signet certificate issue --profile nobody --csr s.csr --dns a.example
	run -2 signet certificate issue --csr s.csr
	run -1 signet certificate issue --profile service --csr s.csr --dns a.example
	[[ $output == *"to do:"* ]]
	run -1 signet certificate issue --profile service --csr /nowhere --dns localhost
	[[ $output == *file* ]]
}

@test "an authority says where its lists and OCSP are" {
	signet authority key x --subject 'CN=X,O=Acme' -o x.csr
	printf '%s\n' basicConstraints=critical,CA:TRUE,pathlen:1 keyUsage=critical,keyCertSign,cRLSign \
		subjectKeyIdentifier=hash authorityKeyIdentifier=keyid >extensions
	openssl x509 -req -in x.csr -CA "$root" -CAkey "$stack_dir/offline/root.key" \
		-passin "file:$stack_dir/root.passphrase" -extfile extensions -days 3000 -out x.one
	cat x.one "$root" >x.pem
	signet authority take x -f x.pem --crl-url 'http://localhost/x/{shard}.crl' --crl-shards 4 \
		--delta-url 'http://localhost/x/{shard}-delta.crl' --ocsp-url http://localhost/ocsp \
		--issuer-url http://localhost/x.cer
	run --separate-stderr signet get authority x --json
	[ "$(member document.crl_shards)" = 4 ]
	[ "$(member document.ocsp_url)" = http://localhost/ocsp ]
	run -1 signet authority issue y --parent x --subject CN=Y --crl-url http://localhost/y.crl --crl-shards 4
	[[ $output == *shard* ]]
}
