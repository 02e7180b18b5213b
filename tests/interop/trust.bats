#!/usr/bin/env bats
# Trust statements as the people make them who hold the offline keys, checked by openssl as well; and the server,
# which takes only what devices would take.

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
	cp "$INTEROP_DIR"/trust/* .
	cp "$INTEROP_DIR/x100-2026.pem" ..
}

offline() { # COMMAND...: no server, no token, no network to speak of
	env -u SIGNET_API_URL -u SIGNET_CACERT -u SIGNET_TOKEN "$@"
}

@test "openssl reads the offline keys, and verifies their signatures" {
	openssl pkey -in olga.key -passin file:passphrase -pubout | cmp - olga.key.pub
	run ! openssl pkey -in olga.key -passin pass:other -pubout
	python3 - trust.cbor <<-'END'
		import sys
		data = open(sys.argv[1], "rb").read()
		def head(at):
		    major, low = data[at] >> 5, data[at] & 31
		    n = {24: 1, 25: 2, 26: 4, 27: 8}.get(low, 0)
		    return major, int.from_bytes(data[at + 1:at + 1 + n], "big") if n else low, at + 1 + n
		def item(at):
		    major, value, at = head(at)
		    if major in (2, 3):
		        return data[at:at + value], at + value
		    if major == 4:
		        out = []
		        for _ in range(value):
		            one, at = item(at)
		            out.append(one)
		        return out, at
		    if major == 5:
		        out = {}
		        for _ in range(value):
		            key, at = item(at)
		            out[key], at = item(at)
		        return out, at
		    if major == 6:
		        return item(at)
		    return (-1 - value if major == 1 else value), at
		whole, end = item(0)
		assert end == len(data) and whole[0] == b"signet-trust"
		payload = whole[1]
		def bstr(b):
		    n = len(b)
		    return (bytes([0x40 | n]) if n < 24 else b"\x58" + bytes([n]) if n < 256 else b"\x59" + n.to_bytes(2, "big")) + b
		for i, sign1 in enumerate(whole[2]):
		    data = sign1
		    protected, _, _, signature = item(0)[0]
		    open("tbs%d" % i, "wb").write(b"\x84\x6aSignature1" + bstr(protected) + bstr(b"signet-trust") + bstr(payload))
		    open("sig%d" % i, "wb").write(signature)
	END
	for i in 0 1; do
		verified=0
		for name in olga omar; do
			openssl pkeyutl -verify -pubin -inkey $name.key.pub -rawin -in tbs$i -sigfile sig$i &&
				verified=$((verified + 1)) || true
		done
		[ $verified = 1 ]
	done
}

@test "a new signer takes over with the old quorum and the new, and the server follows" {
	offline signet trust verify trust.cbor --sha256 "$(sha256sum trust.cbor | cut -c -64)"
	offline signet trust key -o oskar.key --passphrase-file passphrase --algorithm EC-P256
	offline signet trust next trust.cbor -o next.yaml
	sed -i '/^signers:/,/^log:/{/^log:/!d}' next.yaml
	printf 'signers:\n  threshold: 1\n  keys:\n    - {name: oskar, file: oskar.key.pub}\n' >>next.yaml
	offline signet trust make -f next.yaml -o next.unsigned
	offline signet trust sign next.unsigned --key oskar.key --passphrase-file passphrase -o next.cbor --yes
	run -1 signet trust publish next.cbor
	[[ $output == *trust.* ]]
	for name in olga omar; do
		offline signet trust sign next.cbor --key $name.key --previous trust.cbor --passphrase-file passphrase --yes
	done
	offline signet trust verify next.cbor --previous trust.cbor
	signet trust publish next.cbor
	signet trust get acme-x100 -o got.cbor
	cmp got.cbor next.cbor
	run -1 signet trust publish trust.cbor
	run -0 signet trust list --product acme-x100
	[ "${#lines[@]}" = 3 ]
}

@test "a key that leaked is revoked for devices by the next statement alone" {
	signet sign --product acme-x100 --channel beta --version "$version" --out out app.bin
	signet trust get acme-x100 -o current.cbor
	offline signet release verify out/release.bundle --trust trust.cbor app.bin
	kid=$(offline signet trust show trust.cbor --json | sed -n 's/.*"kid": "\(.*\)",/\1/p' | head -1)
	offline signet trust next trust.cbor -o next.yaml
	sed -i "s/^revoked:.*/revoked: [$kid]/" next.yaml
	offline signet trust make -f next.yaml -o next.unsigned
	offline signet trust sign next.unsigned --key olga.key --passphrase-file passphrase -o next.cbor --yes
	offline signet trust sign next.cbor --key omar.key --passphrase-file passphrase --yes
	run -1 offline signet release verify out/release.bundle --trust next.cbor app.bin
	[[ $output == *trust.revoked* ]]
}

@test "what is no statement is refused, on this side already" {
	run -1 signet trust publish statement.unsigned
	[[ $output == *trust.quorum-new* ]]
	run -1 signet trust publish trust.yaml
	[[ $output == *trust.format* || $output == *cbor* ]]
}
