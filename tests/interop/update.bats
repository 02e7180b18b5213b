#!/usr/bin/env bats
# Firmware from a release on the real server to the slot that starts: signet, signetd, signet-device, and
# a web server for the images.

bats_require_minimum_version 1.5.0
load signet.bash

setup_file() {
	[ -x "$stack_bin/fileserver" ] || return 0 # each test says so
	signet_start
	signet_setup
	export HOME=$INTEROP_DIR/home
	mkdir -p "$HOME"
	cd "$INTEROP_DIR"
	mkdir web
	"$stack_bin/fileserver" web >web.url 2>web.log 3>&- 4>&- &
	echo $! >web.pid
	for _ in $(seq 50); do
		[ -s web.url ] && break
		sleep 0.1
	done
	prepare
}

teardown_file() {
	[ -n "${INTEROP_DIR:-}" ] || return 0
	[ ! -s "$INTEROP_DIR/web.pid" ] || kill "$(cat "$INTEROP_DIR/web.pid")" || true
	interop_stop
}

setup() {
	[ -x "$stack_bin/fileserver" ] || skip "the file server is not built"
	signet_setup
	web=$INTEROP_DIR/web
	url=$(cat "$INTEROP_DIR/web.url")
}

# A key that signs on the server, a channel, and the statement that tells devices of the key.
prepare() {
	local name
	signet signing-key make updates --test --products acme-x100 --output updates.pem
	signet apply -f - <<-END
		kind: product
		name: acme-x100
		manufacturer: Acme
		model: X100
		vendor_domain: acme.example
		---
		kind: channel
		name: x100-edge
		product: acme-x100
		channel: edge
		keys: [updates]
		formats: [suit]
	END
	printf 'long enough a passphrase' >passphrase
	chmod 600 passphrase
	for name in olga omar; do
		signet trust key -o $name.key --passphrase-file passphrase
	done
	curl -sS --cacert "$SIGNET_CACERT" -o log.vkey "$SIGNET_PUBLIC_URL/log/vkey"
	statement 1 ''
	signet trust publish trust-1.cbor
}

# statement VERSION MORE: signed by both
statement() {
	cat >"trust-$1.yaml" <<-END
		product: acme-x100
		vendor_domain: acme.example
		version: $1
		keys:
		  - {name: updates, file: updates.pem}
		grants:
		  - {keys: [updates], channels: [edge], may_recall: true}
		signers:
		  threshold: 2
		  keys:
		    - {name: olga, file: olga.key.pub}
		    - {name: omar, file: omar.key.pub}
		log: "$(cat log.vkey)"
		$2
	END
	signet trust make -f "trust-$1.yaml" -o "trust-$1.unsigned"
	signet trust sign "trust-$1.unsigned" --key olga.key --passphrase-file passphrase -o "trust-$1.cbor" --yes
	signet trust sign "trust-$1.cbor" --key omar.key --passphrase-file passphrase --yes
}

# release VERSION: an image of 1 MB behind the web server, signed and published
release() {
	{
		printf 'firmware %s\n' "$1"
		openssl enc -aes-128-ctr -K "$(printf '%032d' "${1//./}")" -iv 00000000000000000000000000000000 \
			-in /dev/zero 2>/dev/null | head -c 1000000
	} >"$web/$1.bin"
	signet sign --product acme-x100 --channel edge --version "$1" -C "main=$web/$1.bin,uri=$url/$1.bin" \
		--publish --out "signed-$1"
}

# provision STORE UNIT
provision() {
	enroll "$1" "$2"
	"$device" update init --store "$1" --product acme-x100 --channel edge --model X100 \
		--vendor-domain acme.example --trust "$INTEROP_DIR/trust-1.cbor" \
		--trust-digest "$(sha256sum "$INTEROP_DIR/trust-1.cbor" | cut -c -64)"
}

# starts_whole STORE: what the boot loader chooses stands whole in its slot; sets $version
starts_whole() {
	local slot
	run -0 "$device" update boot --store "$1" --json
	slot=$(member image.slot)
	version=$(member image.version)
	cmp "$1/update/slot-$slot/image-0" "$web/$version.bin"
}

# starts STORE VERSION: and it is this one
starts() {
	starts_whole "$1"
	[ "$version" = "$2" ]
}

@test "a device finds the newest release, installs, starts and confirms it" {
	provision d SN-0001
	release 1.0.0
	run -3 "$device" update check --store d
	[[ $output == *"release 1.0.0"*"is newer"* ]]
	"$device" update install --store d
	starts d 1.0.0
	"$device" update confirm --store d
	run -0 "$device" update check --store d
	[[ $output == *"up to date"* ]]
	run -0 "$device" update install --store d
	[[ $output == *"nothing to do"* ]]
	run -0 "$device" update status --store d --json
	[ "$(member trial_phase)" = none ]
}

@test "killed while it installs, it starts what is whole, and gets there in the end" {
	provision d SN-0002
	release 2.0.0
	"$device" update install --store d --quiet
	starts d 2.0.0
	"$device" update confirm --store d
	release 2.0.1
	for hundredths in 02 05 10 15 20 30; do
		! timeout -s KILL "0.$hundredths" "$device" update install --store d --max-rate 300k --quiet || break
		starts_whole d
		[ "$version" = 2.0.0 ] || break
	done
	"$device" update install --store d
	starts d 2.0.1
	"$device" update confirm --store d
}

@test "a changed image is refused, and the right one taken afterwards" {
	provision d SN-0003
	release 3.0.0
	cp "$web/3.0.0.bin" kept
	printf X | dd of="$web/3.0.0.bin" bs=1 seek=5000 conv=notrunc status=none
	run -1 "$device" update install --store d
	[[ $output == *"suit.image"* ]]
	run -1 "$device" update boot --store d
	head -c 999999 kept >"$web/3.0.0.bin"
	run -1 "$device" update install --store d
	[[ $output == *"suit.image"* ]]
	cat kept kept >"$web/3.0.0.bin"
	run -1 "$device" update install --store d
	[[ $output == *"update.size"* ]]
	cp kept "$web/3.0.0.bin"
	"$device" update install --store d
	starts d 3.0.0
}

@test "an older release and a changed bundle are refused offline" {
	provision d SN-0004
	release 4.0.0
	release 4.0.1
	"$device" update install --store d --quiet
	starts d 4.0.1
	"$device" update confirm --store d
	run -1 "$device" update install signed-4.0.0/release.bundle --store d --component "main=$web/4.0.0.bin"
	[[ $output == *"suit.sequence:"* ]]
	cp signed-4.0.1/release.bundle bent
	printf X | dd of=bent bs=1 seek=700 conv=notrunc status=none
	run -1 "$device" update verify bent --store d
	run -0 "$device" update verify signed-4.0.1/release.bundle --store d --component "main=$web/4.0.1.bin"
}

@test "a recalled release must be left, and is, for its successor" {
	provision d SN-0005
	release 5.0.0
	"$device" update install --store d --quiet
	starts d 5.0.0
	"$device" update confirm --store d
	release 5.0.1
	signet release recall acme-x100/edge/5.0.0 --yes
	run -4 "$device" update check --store d
	[[ $output == *"is recalled: leave it"* ]]
	starts d 5.0.0
	"$device" update install --store d --quiet
	starts d 5.0.1
	"$device" update confirm --store d
	run -0 "$device" update check --store d
}

@test "a suspended device is told nothing" {
	provision d SN-0006
	signet device suspend acme-x100/SN-0006 --yes
	run -1 "$device" update check --store d
	[[ $output == *"suspended"* ]]
}

@test "a newer statement is taken up, and a revoked key installs nothing more" {
	provision d SN-0007
	release 7.0.0
	"$device" update install --store d --quiet
	starts d 7.0.0
	"$device" update confirm --store d
	release 7.0.1
	(cd "$INTEROP_DIR" && statement 2 'revoked: [updates]' && signet trust publish trust-2.cbor)
	run -1 "$device" update install --store d
	[[ $output == *"trust.revoked"* ]]
	starts d 7.0.0
	run -0 "$device" update status --store d --json
	[ "$(member trust_version)" = 2 ]
	# Going back to the first is refused.
	run -1 "$device" update take "$INTEROP_DIR/trust-1.cbor" --store d
	[[ $output == *"trust.old"* ]]
}
