#!/usr/bin/env bats
# A root is followed by another while devices go on: those that trust only the old one, those that
# come later and trust only the new one, and other programs as judges of every chain.

bats_require_minimum_version 1.5.0
load server.bash

setup_file() { interop_start; }
teardown_file() {
	stack_server=$(cat "$INTEROP_DIR/server.pid")
	INTEROP_SERVER=$stack_server
	interop_stop
}
setup() {
	interop_setup
	unset SIGNET_IDEVID_CERT SIGNET_IDEVID_KEY
	[ -s "$stack_dir/server.pid" ] || echo "$INTEROP_SERVER" >"$stack_dir/server.pid"
	stack_server=$(cat "$stack_dir/server.pid")
	device=$stack_bin/signet-device
	new_root=$stack_dir/state/root-2.pem
	stores=$stack_dir/stores
	mkdir -p "$stores"
}
teardown() {
	echo "$stack_server" >"$stack_dir/server.pid"
}

rollover() {
	stack_signetd rollover --root-passphrase-file "$stack_dir/root.passphrase" \
		--root-key-directory "$stack_dir/offline" "$@"
}

new_root() {
	[ -s "$stack_dir/root-2.passphrase" ] ||
		(umask 077 && head -c 24 /dev/urandom | base64 >"$stack_dir/root-2.passphrase")
	rollover --authority root --name root-2 --issuing-name issuing-2 \
		--new-root-passphrase-file "$stack_dir/root-2.passphrase" "$@"
}

# until_ok SECONDS COMMAND...
until_ok() {
	local n
	for n in $(seq $(($1 * 5))); do
		"${@:2}" >/dev/null 2>&1 && return
		sleep 0.2
	done
	echo "not within $1 s ($n tries): ${*:2}"
	return 1
}

# enroll STORE UNIT ROOT [OPTION...]
enroll() {
	env -u SIGNET_CACERT "$device" enroll --store "$stores/$1" --server "$SIGNET_EST_URL" \
		--cacert "$3" --idevid-cert "$acme/$2.pem" --idevid-key "$acme/$2.key" "${@:4}"
}

# offered ROOT: what cacerts carry, a file each: bag-N.pem
offered() {
	rm -f bag-*.pem
	curl -fsS --cacert "$1" "$est/cacerts" | openssl base64 -d -A |
		openssl pkcs7 -inform DER -print_certs |
		awk '/BEGIN/ { n++ } /BEGIN/,/END/ { print > ("bag-" n ".pem") }'
	cat bag-*.pem >bag.pem
}

fingerprint() {
	openssl x509 -in "$1" -noout -fingerprint -sha256
}

# issuer_of STORE: the key identifier of who issued what it holds
issuer_of() {
	openssl x509 -in "$stores/$1/current/cert.pem" -noout -ext authorityKeyIdentifier | tail -1
}

ski_of() {
	openssl x509 -in "$1" -noout -ext subjectKeyIdentifier | tail -1
}

anchors() {
	grep -c BEGIN "$stores/$1/anchors.pem"
}

served_chain() {
	openssl s_client -connect "localhost:$stack_device_port" -showcerts </dev/null 2>/dev/null |
		sed -n '/BEGIN/,/END/p'
}

@test "a dry run says what would be made, and makes nothing" {
	new_root --dry-run >said
	grep -F "makes root 'root-2': CN=Demo Root CA, EC-P256" said
	grep -F "makes issuing authority 'issuing-2': CN=Demo Issuing CA" said
	grep -F 'nothing was changed' said
	[ ! -e "$stack_dir/offline/root-2.key" ]
	[ ! -e "$new_root" ]
	! stack_signet get authority root-2
}

@test "it is refused with the wrong passphrase, an unknown authority, or a name that is taken" {
	(umask 077 && echo 'not the passphrase at all' >wrong)
	run rollover --authority root --name root-2 --issuing-name issuing-2 \
		--new-root-passphrase-file "$stack_dir/root.passphrase" --root-passphrase-file wrong
	[ "$status" = 1 ]
	run new_root --authority nobody
	[ "$status" = 1 ]
	[[ $output == *"no authority 'nobody'"* ]]
	run new_root --name issuing
	[ "$status" = 1 ]
	[[ $output == *"is there already"* ]]
	[ ! -e "$stack_dir/offline/root-2.key" ]
}

@test "devices enroll before: they trust the old root alone" {
	enroll early SN-0001 "$root"
	enroll later SN-0002 "$root"
	[ "$(anchors early)" = 1 ]
}

@test "a new root, both links and a new issuing authority are made, and other programs agree" {
	new_root >made
	[ -s "$new_root" ]
	[ "$(stat -c %a "$stack_dir/offline/root-2.key")" = 600 ]
	openssl verify -x509_strict -CAfile "$new_root" "$new_root"
	carries_both() {
		offered "$root"
		[ "$(ls bag-*.pem | wc -l)" = 5 ]
	}
	until_ok 15 carries_both
	carries_both
	# issuing and root as before; the new root; OldWithNew and NewWithOld
	[ "$(fingerprint bag-2.pem)" = "$(fingerprint "$root")" ]
	[ "$(fingerprint bag-3.pem)" = "$(fingerprint "$new_root")" ]
	cp bag-1.pem "$stack_dir/issuing-1.pem"
	for link in bag-4.pem bag-5.pem; do
		openssl x509 -in $link -noout -ext basicConstraints | grep -F 'CA:TRUE'
		if [ "$(ski_of $link)" = "$(ski_of "$root")" ]; then
			cp $link "$stack_dir/old-with-new.pem"
		else
			cp $link "$stack_dir/new-with-old.pem"
		fi
	done
	# RFC 4210 4.4: the validity of the old key; the new one's beginning, the old one's end
	[ "$(openssl x509 -in "$stack_dir/old-with-new.pem" -noout -dates)" = "$(openssl x509 -in "$root" -noout -dates)" ]
	[ "$(openssl x509 -in "$stack_dir/new-with-old.pem" -noout -startdate)" = "$(openssl x509 -in "$new_root" -noout -startdate)" ]
	[ "$(openssl x509 -in "$stack_dir/new-with-old.pem" -noout -enddate)" = "$(openssl x509 -in "$root" -noout -enddate)" ]
	openssl verify -x509_strict -no_check_time -CAfile "$root" "$stack_dir/new-with-old.pem"
	openssl verify -x509_strict -no_check_time -CAfile "$new_root" "$stack_dir/old-with-new.pem"
	[ "$(curl -fsS --cacert "$root" "$SIGNET_API_URL/api/v1/roots" | grep -c BEGIN)" = 2 ]
	# the new root's first revocation list, made while its key was at hand
	curl -fsS "$SIGNET_PUBLIC_URL/crl/root-2.crl" >root-2.crl
	openssl crl -inform DER -in root-2.crl -CAfile "$new_root" -noout -lastupdate
	openssl crl -inform DER -in root-2.crl >root-2.crl.pem
	openssl verify -crl_check -CAfile "$new_root" -CRLfile root-2.crl.pem "$(issuing_2)"
}

# issuing_2: its certificate, in a file
issuing_2() {
	curl -fsS "$SIGNET_PUBLIC_URL/ca/issuing-2.cer" | openssl x509 -inform DER >"$stack_dir/issuing-2.pem"
	echo "$stack_dir/issuing-2.pem"
}

@test "a second run changes nothing, whatever it is called" {
	run new_root
	[ "$status" = 1 ]
	[[ $output == *"is there already"* || $output == *"was followed by 'root-2'"* ]]
	run new_root --name root-3 --issuing-name issuing-3
	[ "$status" = 1 ]
	[[ $output == *"was followed by 'root-2'"* ]]
	[ ! -e "$stack_dir/offline/root-3.key" ]
}

@test "a device that renews follows by itself" {
	"$device" renew --store "$stores/early"
	[ "$(anchors early)" = 2 ]
	"$device" status --store "$stores/early" --json >status.json
	[ "$(issuer_of early)" = "$(ski_of "$stack_dir/issuing-1.pem")" ]
}

@test "profiles move by policy; both roots verify what is issued then" {
	issuing_2
	openssl verify -x509_strict -CAfile "$new_root" "$stack_dir/issuing-2.pem"
	sed 's/^authority: issuing$/authority: issuing-2/' "$stack_dir/policy.yaml" >"$stack_dir/moved.yaml"
	stack_signet apply -f "$stack_dir/moved.yaml"
	moved() {
		"$device" renew --store "$stores/early"
		[ "$(issuer_of early)" = "$(ski_of "$stack_dir/issuing-2.pem")" ]
	}
	until_ok 15 moved
	openssl x509 -in "$stores/early/current/cert.pem" -out leaf.pem
	openssl verify -x509_strict -purpose sslclient -CAfile "$new_root" \
		-untrusted "$stack_dir/issuing-2.pem" leaf.pem
	# who trusts the old root alone wants the link between
	cat "$stack_dir/issuing-2.pem" "$stack_dir/new-with-old.pem" >between.pem
	openssl verify -x509_strict -purpose sslclient -CAfile "$root" -untrusted between.pem leaf.pem
	run openssl verify -CAfile "$root" -untrusted "$stack_dir/issuing-2.pem" leaf.pem
	[ "$status" != 0 ]
	cat leaf.pem between.pem >chain.pem
	certtool --verify --verify-profile=medium --load-ca-certificate "$root" --infile chain.pem
	cat leaf.pem "$stack_dir/issuing-2.pem" >chain.pem
	certtool --verify --verify-profile=medium --load-ca-certificate "$new_root" --infile chain.pem
}

@test "a device that was away, and trusts the old root alone, goes on" {
	[ "$(anchors later)" = 1 ]
	"$device" renew --store "$stores/later"
	[ "$(anchors later)" = 2 ]
	[ "$(issuer_of later)" = "$(ski_of "$stack_dir/issuing-2.pem")" ]
}

@test "a device that comes new trusts the new root alone, while the server still shows the old chain" {
	enroll fresh SN-0003 "$new_root"
	[ "$(issuer_of fresh)" = "$(ski_of "$stack_dir/issuing-2.pem")" ]
	env -u SIGNET_CACERT "$device" enroll --store "$stores/pinned" --server "$SIGNET_EST_URL" \
		--pin "$(fingerprint "$new_root" | sed 's/.*=//')" \
		--idevid-cert "$acme/SN-0004.pem" --idevid-key "$acme/SN-0004.key"
}

@test "the server's own certificate moves too, and both kinds of devices verify it" {
	kill -TERM "$stack_server"
	timeout 60 tail --pid="$stack_server" -f /dev/null
	sed -i 's/^tls:$/tls:\n  authority: issuing-2/' "$stack_config"
	stack_start
	served_chain >served.pem
	[ "$(openssl x509 -in served.pem -noout -ext authorityKeyIdentifier | tail -1)" = "$(ski_of "$stack_dir/issuing-2.pem")" ]
	[ "$(grep -c BEGIN served.pem)" = 3 ]
	curl -fsS --cacert "$root" "$est/cacerts" -o /dev/null
	curl -fsS --cacert "$new_root" "$est/cacerts" -o /dev/null
	gnutls-cli --x509cafile "$root" --port "$stack_device_port" localhost </dev/null
	enroll old-way SN-0005 "$root"
	"$device" renew --store "$stores/old-way"
	"$device" renew --store "$stores/fresh"
	"$device" renew --store "$stores/early"
}

@test "the old authority is retired, and what it has issued still renews" {
	stack_signet authority retire issuing --yes
	enroll retired SN-0006 "$new_root"
	"$device" renew --store "$stores/retired"
	"$device" renew --store "$stores/later"
	run stack_signetd check
	[ "$status" = 0 ]
}

# ---- an issuing authority below the same root ----

@test "an issuing authority is followed by one of the same name and another key" {
	rollover --authority issuing-2 --name issuing-2b \
		--root-passphrase-file "$stack_dir/root-2.passphrase" >made
	grep -F "below root 'root-2'" made
	there() {
		curl -fsS "$SIGNET_PUBLIC_URL/ca/issuing-2b.cer" | openssl x509 -inform DER >2b.pem
	}
	until_ok 15 there
	there
	openssl verify -x509_strict -CAfile "$new_root" 2b.pem
	[ "$(openssl x509 -in 2b.pem -noout -subject)" = "$(openssl x509 -in "$stack_dir/issuing-2.pem" -noout -subject)" ]
	[ "$(ski_of 2b.pem)" != "$(ski_of "$stack_dir/issuing-2.pem")" ]
	sed 's/^authority: issuing$/authority: issuing-2b/' "$stack_dir/policy.yaml" >"$stack_dir/moved.yaml"
	stack_signet apply -f "$stack_dir/moved.yaml"
	moved() {
		"$device" renew --store "$stores/early"
		[ "$(issuer_of early)" = "$(ski_of 2b.pem)" ]
	}
	until_ok 15 moved
	"$device" renew --store "$stores/later"
}

# ---- the same key below a new root ----

@test "a key that is certified anew issues on, and its older certificates stay good" {
	(umask 077 && head -c 24 /dev/urandom | base64 >"$stack_dir/root-3.passphrase")
	before=$(fingerprint "$stack_dir/issuing-2.pem")
	rollover --authority root-2 --name root-3 --issuing issuing-2b --keep-key \
		--root-passphrase-file "$stack_dir/root-2.passphrase" \
		--new-root-passphrase-file "$stack_dir/root-3.passphrase" >made
	grep -F "certifies the key of 'issuing-2b' anew below root 'root-3'" made
	anew() {
		curl -fsS "$SIGNET_PUBLIC_URL/ca/issuing-2b.cer" | openssl x509 -inform DER >anew.pem
		openssl verify -x509_strict -CAfile "$stack_dir/state/root-3.pem" anew.pem
	}
	until_ok 15 anew
	"$device" renew --store "$stores/early"
	[ "$(issuer_of early)" = "$(ski_of anew.pem)" ]
	[ "$(anchors early)" = 3 ]
	openssl x509 -in "$stores/early/current/cert.pem" -out leaf.pem
	openssl verify -x509_strict -CAfile "$stack_dir/state/root-3.pem" -untrusted anew.pem leaf.pem
	[ "$before" = "$(fingerprint "$stack_dir/issuing-2.pem")" ]
}

@test "a device that slept through two rollovers still finds its way" {
	"$device" renew --store "$stores/old-way"
	[ "$(anchors old-way)" -ge 3 ]
	# one that knows the first root alone
	enroll sleeper SN-0007 "$root"
	"$device" renew --store "$stores/sleeper"
	[ "$(anchors sleeper)" = 3 ]
}

@test "the log tells of every step" {
	curl -fsS --cacert "$root" -H "Authorization: Bearer $SIGNET_ADMIN_TOKEN" \
		"$SIGNET_API_URL/api/v1/log/entries?limit=200" >entries.json
	[ "$(grep -o 'authority\.linked' entries.json | wc -l)" -ge 5 ]
	stack_signet log verify
}
