#!/usr/bin/env bats
# Every example of every command's help is run, against a server of its own: they name the first
# tokens, enrollments, requests and certificates by their numbers.

bats_require_minimum_version 1.5.0
load signet.bash

setup_file() { signet_start; }
teardown_file() { interop_stop; }
setup() { signet_setup; }

world() {
	local name
	cat >policy.yaml <<-EOF
		kind: principal
		name: alice
		type: person
		---
		kind: binding
		name: alice-is-admin
		principal: alice
		role: admin
		---
		kind: principal
		name: bob
		type: person
		---
		kind: binding
		name: bob-views
		principal: bob
		role: viewer
		---
		kind: principal
		name: pipeline
		type: ci
		---
		kind: binding
		name: pipeline-reads
		principal: pipeline
		role: viewer
		---
		kind: oidc-issuer
		name: ci
		issuer: https://ci.example
		audience: signet
		jwks_file: ci/jwks.json
		---
		kind: oidc-rule
		name: pipeline
		issuer: ci
		principal: pipeline
		claims:
		  - {claim: repository_id, value: "815"}
	EOF
	"$stack_top/deploy/demo/ci-issuer" make ci k1
	"$stack_top/deploy/demo/ci-issuer" token ci iss=https://ci.example aud=signet sub=x \
		repository_id=815 >ci.jwt
	cp "$people/admin" token
	cp "$root" root.pem
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=admin \
		-keyout admin.key -out admin.csr
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout service.key \
		-out service.csr
	printf 'product,serial\nacme-x100,SN-5001\nacme-x100,SN-5002\n' >units.csv
	printf 'serial\nSN-5003\n' >serials.csv
	printf '{"product": "acme-x100", "serial": "SN-5004"}\n' >units.ndjson
	signet apply -f policy.yaml
	as alice signet token list
	releases
	enroll w1 SN-0001
	run -1 "$device" enroll --store w2 --server "$SIGNET_EST_URL" --cacert "$root" --quiet \
		--idevid-cert "$mallory/SN-0001.pem" --idevid-key "$mallory/SN-0001.key"
	run -1 enroll w3 SN-0005 --label approval
	run -1 enroll w4 SN-0006 --label approval
	enroll w5 SN-0004
	enroll w6 SN-0007
	run -1 signet get role nobody
	signet revoke --product acme-x100 --issued-before 2099-01-31T00:00:00Z --reason superseded \
		--certificate "$(certificate_of SN-0007)" --yes --watch
	printf 'kind: approval-policy\nname: products\nacts: [product.change]\napprovals: 1\nrole: admin\n' |
		signet apply -f -
	for name in one two; do
		printf 'kind: product\nname: %s\nmanufacturer: Acme\nmodel: %s\n' $name $name |
			as alice signet apply -f -
	done
	printf 'kind: product\nname: three\nmanufacturer: Acme\nmodel: three\n' | signet apply -f -
	digest=$(signet request show 1 --json | sed -n 's/^  "digest": "\(.*\)",/\1/p')
	log_url=$SIGNET_PUBLIC_URL/log
	curl -fsS "$log_url/vkey" >log.vkey
	curl -fsS "$log_url/checkpoint" >kept.checkpoint
	export digest log_url
}

# What there is to sign, a key and a channel for it, and the statement that devices have by now.
releases() {
	local name
	echo firmware >app.bin
	echo radio >radio.bin
	echo '{"bomFormat": "CycloneDX"}' >sbom.json
	(umask 077 && echo 'of the ceremony' >passphrase)
	signet signing-key make x100-2026 --products acme-x100 -o x100-2026.pem
	cat >channel.yaml <<-EOF
		kind: product
		name: acme-x100
		manufacturer: Acme
		model: X100
		vendor_domain: acme.example
		---
		kind: channel
		name: x100-beta
		product: acme-x100
		channel: beta
		keys: [x100-2026]
		formats: [suit, jws]
	EOF
	signet apply -f channel.yaml
	cat >trust.yaml <<-EOF
		product: acme-x100
		vendor_domain: acme.example
		version: 1
		keys:
		  - {name: x100-2026, file: x100-2026.pem}
		grants:
		  - {keys: [x100-2026], channels: [beta], may_recall: true}
		signers:
		  threshold: 2
		  keys:
		    - {name: olga, file: olga.key.pub}
		    - {name: omar, file: omar.key.pub}
	EOF
	mkdir before
	cp trust.yaml x100-2026.pem before
	for name in olga omar; do
		signet trust key -o before/$name.key --passphrase-file passphrase
	done
	signet trust make -f before/trust.yaml -o trust.cbor
	for name in olga omar; do
		signet trust sign trust.cbor --key before/$name.key --passphrase-file passphrase --yes
	done
}

certificate_of() { # UNIT
	run --separate-stderr signet certificate search --serial "$1" --json
	member 0.id
}

# What the holder of the root's key makes of the request (openssl stands in for the ceremony).
sign_request() {
	printf '%s\n' basicConstraints=critical,CA:TRUE,pathlen:1 keyUsage=critical,keyCertSign,cRLSign \
		subjectKeyIdentifier=hash authorityKeyIdentifier=keyid >extensions
	openssl x509 -req -in issuing-2.csr -CA "$root" -CAkey "$stack_dir/offline/root.key" \
		-passin "file:$stack_dir/root.passphrase" -extfile extensions -days 3000 -out issuing-2.one
	cat issuing-2.one "$root" >issuing-2.pem
}

# Each command's examples, in the order of the table, as `command<TAB>line`.
examples() {
	local name
	signet --help | sed -n 's/^  signet \(\(\([a-z-]\+\) \)\{1,2\}\) .*/\1/p' | sed 's/ *$//' |
		while read -r name; do
			# shellcheck disable=SC2086 # its two words are two
			signet $name --help | sed -n '/^Examples:/,$s/^  //p' | sed "s/^/$name\t/"
		done
}

@test "every example of every command's help does what it says" {
	world
	examples >all
	[ "$(cut -f1 all | sort -u | wc -l)" = "$(signet --help | grep -c '^  signet ')" ]
	while IFS=$'\t' read -r name line; do
		echo "$name: $line"
		[ "$name" != "authority take" ] || sign_request
		# the one there is has ended long ago
		[ "$name" != "mass-revocation cancel" ] ||
			line="! $line 2>refusal && grep mass.ended refusal"
		if ! bash -c "set -e -o pipefail; $line" >said 2>&1 3>&- </dev/null; then
			cat said
			return 1
		fi
	done <all
}
