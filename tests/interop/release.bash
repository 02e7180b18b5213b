# tests/interop/release.bash: a product whose releases are signed, for the tests of a bats file, beside signet.bash.
# shellcheck shell=bash
#
#   setup_file() { signet_start; release_start; }   teardown_file() { interop_stop; }
#   setup() { signet_setup; release_setup; }
#
# acme-x100 has the channels stable (production; two release managers approve, CI of one repository only) and beta
# (nobody approves). alice and carol are release managers. $ci is a CI system's issuer, whose runs are ci-x100.

# shellcheck source=signet.bash
. "${BASH_SOURCE[0]%/*}/signet.bash"

release_start() {
	local ci=$INTEROP_DIR/ci
	(
		BATS_TEST_TMPDIR=$INTEROP_DIR BATS_FILE_TMPDIR=$INTEROP_DIR
		signet_setup
		"$stack_top/deploy/demo/ci-issuer" make "$ci" k1
		release_people | signet apply -f -
		signet signing-key make x100-2026 --products acme-x100 --authority issuing -o "$INTEROP_DIR/x100-2026.pem"
		release_channels | signet apply -f -
		release_trust
	)
}

release_setup() {
	ci=$INTEROP_DIR/ci
	trust=$INTEROP_DIR/trust/trust.cbor
	printf 'firmware of the unit, %s\n' "$BATS_TEST_NUMBER" >app.bin
	printf 'of its radio, %s\n' "$BATS_TEST_NUMBER" >radio.bin
	printf '{"bomFormat": "CycloneDX", "specVersion": "1.6"}\n' >sbom.json
	version=1.0.$BATS_TEST_NUMBER
	: "$ci" "$trust" "$version"
}

release_people() {
	cat <<-END
		kind: product
		name: acme-x100
		manufacturer: Acme
		model: X100
		vendor_domain: acme.example
		---
		kind: oidc-issuer
		name: ci
		issuer: https://ci.example
		audience: https://signet.example
		jwks: '$(cat "$ci/jwks.json")'
		person_claim: actor_id
		---
		kind: principal
		name: ci-x100
		type: ci
		---
		kind: oidc-rule
		name: x100
		issuer: ci
		principal: ci-x100
		claims:
		  - {claim: repository_id, value: "815"}
		---
		kind: binding
		name: ci-x100-signs
		principal: ci-x100
		role: signer
		products: [acme-x100]
	END
	# who sets runs off: known, so that nobody else can be meant
	cat <<-END
		---
		kind: principal
		name: dora
		type: person
		identities:
		  - {issuer: ci, subject: "77"}
	END
	local name
	for name in alice carol; do
		cat <<-END
			---
			kind: principal
			name: $name
			type: person
			---
			kind: binding
			name: $name-releases
			principal: $name
			role: release-manager
			products: [acme-x100]
		END
	done
}

release_channels() {
	cat <<-END
		kind: channel
		name: x100-stable
		product: acme-x100
		channel: stable
		production: true
		keys: [x100-2026]
		formats: [suit, jws, cms]
		approvals:
		  - {role: release-manager, count: 2}
		sources:
		  - {issuer: ci, repository_id: "815", ref: refs/heads/main}
		---
		kind: channel
		name: x100-beta
		product: acme-x100
		channel: beta
		keys: [x100-2026]
		formats: [suit, jws, cms]
	END
}

# The statement that devices of acme-x100 have: two offline keys, both needed.
release_trust() {
	mkdir -p "$INTEROP_DIR/trust"
	cd "$INTEROP_DIR/trust" || return
	(umask 077 && echo 'a passphrase of the ceremony' >passphrase)
	local name
	for name in olga omar; do
		signet trust key -o $name.key --passphrase-file passphrase
	done
	cat >trust.yaml <<-END
		product: acme-x100
		vendor_domain: acme.example
		version: 1
		keys:
		  - {name: x100-2026, file: ../x100-2026.pem}
		grants:
		  - {keys: [x100-2026], channels: [stable], approvals: 2, may_recall: true}
		  - {keys: [x100-2026], channels: [beta], may_recall: true}
		signers:
		  threshold: 2
		  keys:
		    - {name: olga, file: olga.key.pub}
		    - {name: omar, file: omar.key.pub}
		log: $(curl -fsS "$SIGNET_PUBLIC_URL/log/vkey")
	END
	signet trust make -f trust.yaml -o statement.unsigned
	signet trust sign statement.unsigned --key olga.key --passphrase-file passphrase -o trust.cbor --yes
	signet trust sign trust.cbor --key omar.key --passphrase-file passphrase --yes
	signet trust publish trust.cbor
}

# ci_token [CLAIM=VALUE...]: an ID token of a run on main
ci_token() {
	local claim claims=()
	for claim in repository=acme/x100 repository_id=815 ref=refs/heads/main ref_protected=true actor_id=77 \
		sha=0123456789abcdef0123456789abcdef01234567 run_id=4711 event_name=push \
		workflow_ref=acme/x100/.github/workflows/release.yml@refs/heads/main; do
		[[ " $* " == *" ${claim%%=*}="* ]] || claims+=("$claim")
	done
	"$stack_top/deploy/demo/ci-issuer" token "$ci" iss=https://ci.example aud=https://signet.example sub=acme/x100 \
		"${claims[@]}" "$@"
}

# in_ci COMMAND...: as a job: nothing but the token of its run
in_ci() {
	env -u SIGNET_TOKEN SIGNET_OIDC_TOKEN="${token:-$(ci_token)}" "$@"
}

# Number of the open request for the release of VERSION on channel stable; waits for it.
request_of() {
	local request
	for _ in $(seq 100); do
		request=$(signet release list --product acme-x100 --version "$1" --json |
			python3 -c 'import json,sys; r=json.load(sys.stdin); print(r[0]["request"] or "" if r else "")')
		[ -z "$request" ] || break
		sleep 0.2
	done
	echo "$request"
}

# approve_by NAME REQUEST
approve_by() {
	local digest
	digest=$(as "$1" signet request show "$2" --json | sed -n 's/^  "digest": "\(.*\)",/\1/p')
	as "$1" signet request approve "$2" --yes --digest "$digest"
}
