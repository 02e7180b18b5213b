#!/usr/bin/env bats
# Releases, by signet against a server: one command for pipelines, the steps one by one, and what is read by others:
# openssl, jose, and a bundle checked offline.

bats_require_minimum_version 1.5.0
load release.bash

setup_file() {
	signet_start
	release_start
}
teardown_file() { interop_stop; }
setup() {
	signet_setup
	release_setup
}

sign() { # CHANNEL [OPTION...]
	signet sign --product acme-x100 --channel "$1" --version "$version" app.bin "${@:2}"
}

# in the background; its pid in $signing, what it says in `said`, its exit code in `code`
sign_behind() {
	(
		code=0
		in_ci signet sign --product acme-x100 --channel stable --version "$version" --out out app.bin "$@" \
			>said 2>&1 3>&- || code=$?
		echo "$code" >code
	) &
	signing=$!
}

@test "a pipeline gets a bundle after two have approved, and every format is about the same" {
	sign_behind --sbom sbom.json --notes 'new radio' --trust "$trust" --wait 60s
	request=$(request_of "$version")
	approve_by alice "$request"
	approve_by carol "$request"
	wait "$signing"
	cat said
	[ "$(cat code)" = 0 ]
	grep -q 'ok  signatures    by 1 key that trust statement 1' said
	grep -q 'approved by alice as release-manager' said
	grep -q "ok  log" said
	# nothing that could act is left behind
	run ! grep -q token out/.signet-sign.json
	# by others: the digest, the CMS signature, the JWS
	digest=$(sha256sum app.bin | cut -c -64)
	grep -q "\"sha256\":\"$digest\"" out/manifest.json
	openssl cms -verify -inform DER -in out/release.cms -content out/manifest.json -binary -CAfile "$root" \
		-purpose any -out verified
	cmp verified out/manifest.json
	signet signing-key show x100-2026 -o key.pem
	jose_key key.pem >key.jwk
	jose jws ver -i out/release.jws -k key.jwk -O payload
	cmp payload out/manifest.json
	signet release show "acme-x100/stable/$version" >shown
	cat shown
	grep -q '^commit *0123456789abcdef' shown
	grep -q '^alice  release-manager' shown
	# the same command again is done at once, and asks nobody
	token=spent in_ci signet sign --product acme-x100 --channel stable --version "$version" --out out app.bin \
		--sbom sbom.json --notes 'new radio'
}

# A P-256 key as JWK
jose_key() {
	python3 - "$1" <<-'END'
		import base64, subprocess, sys
		der = subprocess.run(["openssl", "pkey", "-pubin", "-in", sys.argv[1], "-outform", "DER"], check=True,
		    capture_output=True).stdout
		b64 = lambda b: base64.urlsafe_b64encode(b).rstrip(b"=").decode()
		print('{"kty":"EC","crv":"P-256","x":"%s","y":"%s"}' % (b64(der[-64:-32]), b64(der[-32:])))
	END
}

@test "a channel that nobody has to approve signs at once, and publishes" {
	sign beta --publish --out out
	[ "$(signet release list --product acme-x100 --channel beta --version "$version" --json | grep -c published)" -ge 1 ]
	signet release verify out/release.bundle --trust "$trust" --manifest out/manifest.json app.bin
}

@test "a bundle is checked offline: other files, other product, other statement, each octet counts" {
	signet sign --product acme-x100 --channel beta --version "$version" --out out app.bin radio=radio.bin
	unset SIGNET_API_URL SIGNET_CACERT SIGNET_TOKEN
	signet release verify out/release.bundle --trust "$trust" app=app.bin radio.bin radio=radio.bin || true
	run -0 signet release verify out/release.bundle --trust "$trust" app=app.bin radio=radio.bin
	run -1 signet release verify out/release.bundle --trust "$trust" app=radio.bin
	[[ $output == *release.other* ]]
	run -1 signet release verify out/release.bundle --trust "$trust" --channel stable
	run -1 signet release verify out/release.bundle --product other
	run -0 signet release verify out/release.bundle
	[[ $output == *"not checked"* ]]
	python3 - out/release.bundle <<-'END'
		import sys
		bytes_ = bytearray(open(sys.argv[1], "rb").read())
		for i, at in enumerate(range(0, len(bytes_), len(bytes_) // 40)):
		    bytes_[at] ^= 1
		    open("bad%d" % i, "wb").write(bytes_)
		    bytes_[at] ^= 1
	END
	for bad in bad*; do
		run -1 signet release verify "$bad" --trust "$trust" app=app.bin
	done
}

@test "the steps one by one: create, request, status, wait, fetch, publish, recall" {
	signet release create --product acme-x100 --channel beta --version "$version" app.bin --notes first
	# the same again is the same
	run -0 signet release create --product acme-x100 --channel beta --version "$version" app.bin --notes first
	first=${lines[-1]}
	run -1 signet release status "acme-x100/beta/$version"
	[[ $output == *draft* ]]
	signet release request "acme-x100/beta/$version"
	run -0 signet release status "acme-x100/beta/$version"
	[[ $output == *signed* && $output == "${first%:*}:"* ]]
	signet release wait "acme-x100/beta/$version"
	signet release fetch "acme-x100/beta/$version" --out out
	signet release verify out/release.bundle --trust "$trust" app.bin
	signet release publish "acme-x100/beta/$version"
	run -2 signet release recall "acme-x100/beta/$version" </dev/null
	signet release recall "acme-x100/beta/$version" --yes
	run -4 signet release status "acme-x100/beta/$version"
	run -0 signet release show "acme-x100/beta/$version"
	[[ $output == *draft*signed*published*recalled* ]]
}

@test "other content under the same version is refused" {
	sign beta --out out
	echo more >>app.bin
	run -1 sign beta --out other
	[[ $output == *release.exists* ]]
}

@test "without approvals it waits as long as it was told, then the same command goes on" {
	token=$(ci_token)
	run -3 in_ci signet sign --product acme-x100 --channel stable --version "$version" --out out --wait 3s app.bin
	[[ $output == *"0 of 2 by release-manager"* ]]
	[ "$(stat -c %a out/.signet-sign.json)" = 600 ]
	request=$(request_of "$version")
	approve_by alice "$request"
	approve_by carol "$request"
	in_ci signet sign --product acme-x100 --channel stable --version "$version" --out out --wait 30s app.bin
	[ "$(signet release list --product acme-x100 --version "$version" --json | grep -c '"sequence"')" = 1 ]
}

@test "a request that is rejected ends it with 4" {
	sign_behind --wait 60s
	request=$(request_of "$version")
	as alice signet request reject "$request" --yes --comment 'not this one'
	wait "$signing"
	cat said
	[ "$(cat code)" = 4 ]
}

@test "killed at any moment, the same command goes on with the same release" {
	local i request
	token=$(ci_token)
	export token
	for i in 1 2 3 4 5 6 7 8; do
		in_ci signet sign --product acme-x100 --channel stable --version "$version" --out out --wait 60s app.bin \
			>said 2>&1 3>&- &
		sleep "0.$((RANDOM % 6))$((RANDOM % 10))"
		kill -9 $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		[ "$i" != 4 ] || {
			request=$(request_of "$version")
			[ -z "$request" ] || approve_by alice "$request"
		}
	done
	sign_behind --wait 60s
	request=$(request_of "$version")
	approve_by alice "$request" || true
	approve_by carol "$request"
	wait "$signing"
	cat said
	[ "$(cat code)" = 0 ]
	[ "$(signet release list --product acme-x100 --version "$version" --json | grep -c '"sequence"')" = 1 ]
}

@test "what a job may not have signed: another ref, a pull request, no job at all, a spent token" {
	token=$(ci_token ref=refs/heads/wild)
	run -1 in_ci signet sign --product acme-x100 --channel stable --version "$version" --out a app.bin
	[[ $output == *release.source* ]]
	token=$(ci_token event_name=pull_request)
	run -1 in_ci signet sign --product acme-x100 --channel stable --version "$version" --out b app.bin
	[[ $output == *oidc.fork* ]]
	run -1 signet sign --product acme-x100 --channel stable --version "$version" --out c app.bin
	[[ $output == *release.source* ]]
	token=$(ci_token)
	in_ci signet sign --product acme-x100 --channel beta --version "$version" --out d app.bin
	run -1 in_ci signet sign --product acme-x100 --channel beta --version "$version-2" --out e app.bin
	[[ $output == *oidc.replayed* ]]
}

@test "a server that is away is told by 5, and it goes on when it is back" {
	run -5 env SIGNET_API_URL=https://localhost:1 signet sign --product acme-x100 --channel beta \
		--version "$version" --out out --patience 3s app.bin
	[[ $output == *network.connect* ]]
	sign beta --out out
}

# code DOCUMENT LANGUAGE N: the Nth block of that language
code() {
	awk -v language="$2" -v n="$3" '
		$1 == "```" language { inside = 1; count++; indent = index($0, "`") - 1; next }
		$1 == "```" { inside = 0 }
		inside && count == n { print substr($0, indent + 1) }' "$stack_top/docs/$1"
}

@test "the documents of the guides are taken as they stand there" {
	signet signing-key make guide --products acme-x100 --authority issuing
	code signing.md yaml 1 | sed 's/x100-2026/guide/' >policy.yaml
	signet apply -f policy.yaml --dry-run
	cp "$INTEROP_DIR"/trust/*.pub "$INTEROP_DIR/x100-2026.pem" .
	code trust.md yaml 1 | sed "s|^log: .*|log: $(curl -fsS "$SIGNET_PUBLIC_URL/log/vkey")|" >trust.yaml
	signet trust make -f trust.yaml -o statement.unsigned
}

@test "every command of the guides is one that signet has" {
	sed -n 's/^ *\(\$ \)\{0,1\}signet \([a-z-]* \)\{0,1\}\([a-z-]*\).*/\2\3/p' "$stack_top"/docs/{signing,trust,recall}.md |
		sort -u >commands
	[ "$(wc -l <commands)" -ge 10 ]
	while read -r first second; do
		echo "$first $second"
		signet "$first" "$second" --help >/dev/null 2>&1 || signet "$first" --help >/dev/null
	done <commands
}

@test "the log tells of each step, and proves it" {
	signet sign --product acme-x100 --channel beta --version "$version" --publish --out out app.bin
	run -0 signet log verify
	[[ $output == verified:* ]]
	signet log prove release-step 1 -o step.tlog-proof
	signet log check step.tlog-proof
	signet log prove trust-statement 1 -o trust.tlog-proof
	signet log check trust.tlog-proof
}
