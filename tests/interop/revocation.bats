#!/usr/bin/env bats
# What is said of a certificate, by everybody who says anything: the store, the full list, the delta list,
# OCSP by POST and by GET, a stapling server; read by OpenSSL, GnuTLS and curl. They must agree, for a
# certificate in every state that there is.
# shellcheck disable=SC2034,SC2154

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
	all=$INTEROP_DIR/all
	api=$SIGNET_API_URL/api/v1
	ocsp=$SIGNET_PUBLIC_URL/ocsp
	full=$SIGNET_PUBLIC_URL/crl/issuing.crl
	delta=$SIGNET_PUBLIC_URL/crl/issuing/0-delta.crl
	export HOME=$INTEROP_DIR
	mkdir -p "$all"
	[ ! -s "$all/issuing.pem" ] || issuing=$all/issuing.pem
}

# ---- the table ----
# NAME ISSUER ACTS STORE OCSP REASON
# ISSUER: whose it is. ACTS, joined by +: what happened to it. STORE: status in the API. OCSP: what OCSP says;
# REASON: of the entry in a list and of OCSP, "-": in no list.
cases() {
	cat <<-CASES
		good issuing none good good -
		unspecified issuing unspecified revoked revoked unspecified
		stolen issuing keyCompromise revoked revoked keyCompromise
		ca-lost issuing cACompromise revoked revoked cACompromise
		moved issuing affiliationChanged revoked revoked affiliationChanged
		replaced issuing superseded revoked revoked superseded
		ended issuing cessationOfOperation revoked revoked cessationOfOperation
		withdrawn issuing privilegeWithdrawn revoked revoked privilegeWithdrawn
		aa-lost issuing aACompromise revoked revoked aACompromise
		held issuing hold held revoked certificateHold
		resumed issuing hold+resume good good -
		held-again issuing hold+resume+hold held revoked certificateHold
		held-then-revoked issuing hold+superseded revoked revoked superseded
		resumed-then-revoked issuing hold+resume+keyCompromise revoked revoked keyCompromise
		worse issuing superseded+keyCompromise revoked revoked keyCompromise
		expired issuing expire good good -
		expired-revoked issuing keyCompromise+expire revoked revoked keyCompromise
		successor-good issuing-b none good good -
		successor-revoked issuing-b superseded revoked revoked superseded
	CASES
}

# each FUNCTION [FILTER]: FUNCTION NAME ISSUER ACTS STORE OCSP REASON for each row; all that differ are told
each() {
	local row bad=0 n=0
	while read -ra row; do
		[ -z "${2-}" ] || [ "${row[1]}" = "$2" ] || continue
		n=$((n + 1))
		"$1" "${row[@]}" || { echo "DIFFERS: ${row[*]}"; bad=1; }
	done < <(cases)
	[ $n -gt 1 ] || { echo "no rows"; return 1; }
	return $bad
}

# ---- how they come about ----

call() { # METHOD PATH [BODY]
	curl -sS --fail-with-body --retry 3 --cacert "$root" -H "Authorization: Bearer $(cat "$INTEROP_DIR/admin.token")" \
		-X "$1" ${3+-H 'Content-Type: application/json' -d "$3"} "$api/$2"
}

serial_of() { openssl x509 -in "$1" -noout -serial | cut -d= -f2; }

of() { # MEMBER: of the first item in a list, or of an object, on standard input; empty: none
	python3 -c 'import json, sys; v = json.load(sys.stdin); v = v["items"][0] if v.get("items") else v
print(v.get(sys.argv[1]) or "")' "$1"
}

id_of() { call GET "certificates?serial_number=$(serial_of "$1")" | of id; }

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

unit_certificate() { # NAME LABEL
	request "$all/$1"
	post "$2/simpleenroll" "$acme/SN-0001.pem" "$acme/SN-0001.key" "$all/$1.b64"
	[ "$status" = 200 ] || { cat reply; return 1; }
	issued "$all/$1.pem"
}

happen() { # NAME ACT
	local id
	id=$(cat "$all/$1.id")
	case $2 in
	none | expire) ;;
	hold | resume) call POST "certificates/$id/$2" >/dev/null ;;
	*) call POST "certificates/$id/revoke" "{\"reason\":\"$2\"}" >/dev/null ;;
	esac
}

make() { # NAME ISSUER ACTS ...
	local label=open
	[[ $3 != *expire* ]] || label=brief
	unit_certificate "$1" "$label"
	id_of "$all/$1.pem" >"$all/$1.id"
	[ -s "$all/$1.id" ]
}

acts() { # NAME ISSUER ACTS ...: one after the other, each seen in the lists before the next
	local act
	for act in ${3//+/ }; do
		happen "$1" "$act" || return
		[ "$act" = none ] || [ "$act" = expire ] || sleep 0.2
	done
}

fetch() { # URL FILE: a list as PEM
	curl -fsS "$1" -o "$2.der" && openssl crl -inform DER -in "$2.der" -out "$2"
}

number_of() { openssl crl -in "$1" -noout -crlnumber | sed 's/.*=\(0x\)*//'; }
base_of() { openssl crl -in "$1" -noout -text | grep -A1 'Delta CRL Indicator' | tail -1 | tr -dc 0-9A-Fa-f; }

# reason_in LIST SERIAL: "-": it has no entry; an entry without a reason is "unspecified"
reason_in() {
	openssl crl -in "$1" -noout -text | awk -v serial="$2" '
		/Serial Number:/ { here = $3 == serial; if (here) reason = "unspecified" }
		here && /CRL Reason Code/ { getline; gsub(/^ +/, ""); reason = $0 }
		END { print reason == "" ? "-" : reason }'
}

# as OpenSSL calls it in text
spelled() {
	case $1 in
	unspecified) echo unspecified ;;
	keyCompromise) echo 'Key Compromise' ;;
	cACompromise) echo 'CA Compromise' ;;
	affiliationChanged) echo 'Affiliation Changed' ;;
	superseded) echo Superseded ;;
	cessationOfOperation) echo 'Cessation Of Operation' ;;
	certificateHold) echo 'Certificate Hold' ;;
	removeFromCRL) echo 'Remove From CRL' ;;
	privilegeWithdrawn) echo 'Privilege Withdrawn' ;;
	aACompromise) echo 'AA Compromise' ;;
	*) echo "$1" ;;
	esac
}

# policy: the demo's, and a label whose certificates end soon
revocation_policy() {
	cat "$stack_dir/policy.yaml"
	cat <<-YAML
		---
		kind: profile
		name: brief
		authority: issuing
		validity: 1m
		subject: [{attribute: CN, value: "{serial}"}]
		extended_key_usage: [clientAuth]
		---
		kind: label
		name: brief
		profile: brief
		trust_anchors: [acme]
		registration: open
		renew_before: 30s
		device_limit: 1000
	YAML
}

@test "certificates come into every state" {
	cp "$issuing" "$all/issuing.pem"
	revocation_policy >"$stack_dir/revocation.yaml"
	stack_signet apply -f "$stack_dir/revocation.yaml"
	until_ok 20 fetch "$delta" "$all/delta.pem"
	brief_there() { [ "$(curl -sS -o /dev/null -w '%{http_code}' --cacert "$root" "$est/brief/cacerts")" = 200 ]; }
	until_ok 10 brief_there
	each make issuing
	# What clients may hold from before: a full list that knows of nothing.
	fetch "$full" "$all/full-before.pem"
	openssl crl -in "$all/full-before.pem" -noout -text | grep -q 'No Revoked Certificates'
	each acts issuing
	until_listed() {
		fetch "$full" "$all/full.pem"
		[ "$(reason_in "$all/full.pem" "$(serial_of "$all/expired-revoked.pem")")" = 'Key Compromise' ]
	}
	until_ok 15 until_listed
}

@test "an authority of the same name and another key comes after it" {
	stack_signetd rollover --root-passphrase-file "$stack_dir/root.passphrase" \
		--root-key-directory "$stack_dir/offline" --authority issuing --name issuing-b
	fetch_b() { curl -fsS "$SIGNET_PUBLIC_URL/ca/issuing-b.cer" | openssl x509 -inform DER -out "$all/issuing-b.pem"; }
	until_ok 15 fetch_b
	[ "$(openssl x509 -in "$all/issuing-b.pem" -noout -subject)" = "$(openssl x509 -in "$all/issuing.pem" -noout -subject)" ]
	{
		revocation_policy | sed 's/^authority: issuing$/authority: issuing-b/'
		printf -- '---\nkind: authority\nname: issuing-b\nkey_uri: file:issuing-b.key\n'
		printf 'crl_url: %s\ndelta_url: %s\nocsp_url: %s\n' \
			"$SIGNET_PUBLIC_URL/crl/issuing-b.crl" "$SIGNET_PUBLIC_URL/crl/issuing-b/0-delta.crl" "$ocsp"
	} >"$stack_dir/revocation.yaml"
	stack_signet apply -f "$stack_dir/revocation.yaml"
	ski() { openssl x509 -in "$1" -noout -ext "$2" | tail -1; }
	moved() {
		unit_certificate probe open
		[ "$(ski "$all/probe.pem" authorityKeyIdentifier)" = "$(ski "$all/issuing-b.pem" subjectKeyIdentifier)" ]
	}
	until_ok 15 moved
	each make issuing-b
	each acts issuing-b
	listed_b() {
		fetch "$SIGNET_PUBLIC_URL/crl/issuing-b.crl" "$all/full-b.pem"
		[ "$(reason_in "$all/full-b.pem" "$(serial_of "$all/successor-revoked.pem")")" = Superseded ]
	}
	until_ok 15 listed_b
	fetch "$SIGNET_PUBLIC_URL/crl/issuing-b/0-delta.crl" "$all/delta-b.pem"
	fetch "$delta" "$all/delta.pem"
	fetch "$full" "$all/full.pem"
}

issuer_of() { echo "$all/$1.pem"; }
list_of() { [ "$1" = issuing ] && echo "$all/full.pem" || echo "$all/full-b.pem"; }
delta_of() { [ "$1" = issuing ] && echo "$all/delta.pem" || echo "$all/delta-b.pem"; }

@test "the store" {
	stored() {
		call GET "certificates/$(cat "$all/$1.id")" >stored
		[ "$(of status <stored)" = "$4" ]
		[ "$(of reason <stored)" = "${6#-}" ]
	}
	each stored
}

@test "openssl ocsp: SHA-1 and SHA-256, with a nonce and without" {
	asked() {
		local hash nonce
		for hash in -sha1 -sha256; do
			for nonce in -nonce -no_nonce; do
				openssl ocsp -issuer "$(issuer_of "$2")" $hash -cert "$all/$1.pem" -CAfile "$root" \
					-url "$ocsp" $nonce >said 2>&1
				grep -q 'Response verify OK' said || return
				grep -qF "$1.pem: $5" said || { cat said; return 1; }
				# OpenSSL before 3.1 has no name for two of them.
				[ "$6" = - ] || [ "$6" = unspecified ] || grep -qE "Reason: ($6|\(UNKNOWN\))" said || { cat said; return 1; }
				[ "$6" != unspecified ] || ! grep -q 'Reason:' said || return
			done
		done
	}
	each asked
}

@test "ocsptool" {
	asked() {
		ocsptool --ask="$ocsp" --load-issuer "$(issuer_of "$2")" --load-cert "$all/$1.pem" \
			--load-trust "$(issuer_of "$2")" >said 2>&1 || true
		grep -q "Certificate Status: $5" said || { cat said; return 1; }
		grep -q 'Verifying OCSP Response: Success' said || { cat said; return 1; }
	}
	each asked
}

@test "OCSP by GET, as curl sends it" {
	asked() {
		openssl ocsp -issuer "$(issuer_of "$2")" -sha256 -cert "$all/$1.pem" -no_nonce -reqout request.der
		curl -fsS -o reply.der "$ocsp/$(openssl base64 -A -in request.der | sed 's/+/%2B/g; s|/|%2F|g; s/=/%3D/g')"
		openssl ocsp -respin reply.der -issuer "$(issuer_of "$2")" -sha256 -cert "$all/$1.pem" -CAfile "$root" >said 2>&1
		grep -qF "$1.pem: $5" said || { cat said; return 1; }
	}
	each asked
}

@test "the full list, entry by entry" {
	entry() {
		[ "$(reason_in "$(list_of "$2")" "$(serial_of "$all/$1.pem")")" = "$(spelled "$6")" ]
	}
	each entry
	openssl crl -in "$all/full.pem" -noout -CAfile "$all/issuing.pem" 2>&1 | grep 'verify OK'
}

@test "the delta list adds to a list from before, on one line of numbers" {
	[ "$(number_of "$all/full.pem")" = "$(number_of "$all/delta.pem")" ]
	[ $((0x$(number_of "$all/full-before.pem"))) -lt $((0x$(number_of "$all/full.pem"))) ]
	# it may add to what a client holds from before
	[ $((0x$(base_of "$all/delta.pem"))) -le $((0x$(number_of "$all/full-before.pem"))) ]
	openssl crl -in "$all/delta.pem" -noout -text | grep -A1 'Delta CRL Indicator: critical'
	openssl crl -in "$all/full.pem" -noout -text >full.txt
	run -1 grep -E 'Delta CRL Indicator|Remove From CRL' full.txt
	[ "$(reason_in "$all/delta.pem" "$(serial_of "$all/resumed.pem")")" = 'Remove From CRL' ]
	entry() {
		local want=$6
		[[ $3 != *resume ]] || want=removeFromCRL
		[ "$(reason_in "$(delta_of "$2")" "$(serial_of "$all/$1.pem")")" = "$(spelled "$want")" ]
	}
	each entry issuing
}

# The root says of its own what it has revoked: nothing.
root_list() { fetch "$SIGNET_PUBLIC_URL/crl/root.crl" root-crl.pem; }

verify_row() { # NAME ISSUER OCSP OPTION...: verified where it is good, and revoked where it is not
	local want=0 code=0
	[ "$3" = good ] || want=1
	openssl verify -no_check_time -CAfile "$root" -untrusted "$(issuer_of "$2")" "${@:4}" "$all/$1.pem" >said 2>&1 || code=1
	[ $code = 0 ] || grep -q 'certificate revoked' said || { cat said; return 1; }
	[ $code = $want ] || { cat said; return 1; }
}

@test "openssl verify -crl_check_all with full lists" {
	root_list
	with_full() {
		verify_row "$1" "$2" "$5" -crl_check_all -CRLfile "$(list_of "$2")" -CRLfile root-crl.pem
	}
	each with_full
}

@test "openssl verify -crl_check_all with an old full list and the delta" {
	root_list
	with_delta() {
		verify_row "$1" "$2" "$5" -crl_check_all -extended_crl -use_deltas \
			-CRLfile "$all/full-before.pem" -CRLfile "$(delta_of "$2")" -CRLfile root-crl.pem
	}
	each with_delta issuing
	# the old list alone knows of nothing: so the delta is what was judged by
	verify_row stolen issuing good -crl_check_all -CRLfile "$all/full-before.pem" -CRLfile root-crl.pem
}

@test "certtool reads the lists, and agrees on what is in them" {
	certtool --crl-info --inder --infile "$all/full.pem.der" >said
	in_list() {
		local serial
		serial=$(serial_of "$all/$1.pem" | tr A-F a-f)
		if [ "$6" = - ]; then
			! grep -qiE "Serial Number \(hex\): 0*$serial\$" said
		else
			grep -qiE "Serial Number \(hex\): 0*$serial\$" said
		fi
	}
	each in_list issuing
	certtool --verify-crl --load-ca-certificate "$all/issuing.pem" --infile "$all/full.pem"
}

@test "a server that staples: what its client is told" {
	stapled() {
		local port pid
		case $1 in good | held | stolen | resumed | successor-revoked) ;; *) return 0 ;; esac
		cat "$root" "$(issuer_of "$2")" >both.pem # who staples looks for the issuer there
		stack_free_port port
		openssl s_server -accept "127.0.0.1:$port" -cert "$all/$1.pem" -key "$all/$1.key" \
			-cert_chain "$(issuer_of "$2")" -CAfile both.pem -status_url "$ocsp" -quiet \
			</dev/null >server.log 2>&1 3>&- 4>&- &
		pid=$!
		told() {
			openssl s_client -connect "127.0.0.1:$port" -status -CAfile "$root" </dev/null >told 2>&1
			grep -q 'OCSP Response Status: successful' told
		}
		until_ok 10 told || { cat told server.log; kill $pid; return 1; }
		kill $pid
		wait $pid 2>/dev/null || true
		grep -q "Cert Status: $5" told || { cat told; return 1; }
	}
	each stapled
}

@test "our own listeners staple what the store says of their certificate" {
	openssl s_client -connect "localhost:$stack_operator_port" </dev/null 2>/dev/null | openssl x509 -out server.pem
	id_of server.pem >"$all/server.id"
	told() {
		openssl s_client -connect "localhost:$stack_operator_port" -status -CAfile "$root" </dev/null 2>/dev/null |
			grep "Cert Status: $1"
	}
	until_ok 10 told good
	happen server hold
	until_ok 10 told revoked
	happen server resume
	until_ok 10 told good
}

@test "never issued: unknown to OCSP, in no list, not in the store" {
	serial=7A3B5C7D9E1F2A4B6C8D0E2F4A6B8C0D
	openssl ocsp -issuer "$all/issuing.pem" -serial "0x$serial" -CAfile "$root" -url "$ocsp" >said 2>&1
	grep -q "0x$serial: unknown" said
	[ "$(reason_in "$all/full.pem" $serial)" = - ]
	[ -z "$(call GET "certificates?serial_number=$serial" | of id)" ]
}

@test "a serial number of one authority, asked of the other of the same name: unknown, not good" {
	openssl ocsp -issuer "$all/issuing-b.pem" -cert "$all/good.pem" -CAfile "$root" -url "$ocsp" >said 2>&1
	grep -q 'good.pem: unknown' said
	openssl ocsp -issuer "$all/issuing.pem" -cert "$all/successor-revoked.pem" -CAfile "$root" -url "$ocsp" >said 2>&1
	grep -q 'successor-revoked.pem: unknown' said
	# neither's list is taken for the other's
	run openssl crl -in "$all/full.pem" -noout -CAfile "$all/issuing-b.pem"
	[[ $output != *'verify OK'* ]]
}

@test "of somebody else's authority: nobody here says anything" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout o.key -out o.pem -days 1 \
		-subj "$(openssl x509 -in "$all/issuing.pem" -noout -subject -nameopt compat | sed 's/^subject= *//')" 2>/dev/null
	run openssl ocsp -issuer o.pem -cert "$all/good.pem" -CAfile "$root" -url "$ocsp"
	[[ $output == *unauthorized* ]]
	ocsptool --ask="$ocsp" --load-issuer o.pem --load-cert "$all/good.pem" --load-trust o.pem >said 2>&1 || true
	! grep -qE 'Certificate Status: (good|revoked)' said
}

@test "expired: it still is what it was, and keeps its entry" {
	expired() { ! openssl x509 -in "$all/expired-revoked.pem" -noout -checkend 0; }
	until_ok 80 expired
	for name in expired:good expired-revoked:revoked; do
		openssl ocsp -issuer "$all/issuing.pem" -cert "$all/${name%:*}.pem" -CAfile "$root" -url "$ocsp" >said 2>&1
		grep -qF "${name%:*}.pem: ${name#*:}" said
	done
	# a list made after its end has it still
	happen resumed hold
	longer() {
		fetch "$full" later.pem
		[ "$(reason_in later.pem "$(serial_of "$all/resumed.pem")")" = 'Certificate Hold' ]
	}
	until_ok 15 longer
	[ "$(reason_in later.pem "$(serial_of "$all/expired-revoked.pem")")" = 'Key Compromise' ]
}

@test "archived: the answers stay what they were" {
	revocation_policy | sed -e 's/^authority: issuing$/authority: issuing-b/' \
		-e '/^name: issuing$/a archive_after: 1s' >"$stack_dir/revocation.yaml"
	stack_signet apply -f "$stack_dir/revocation.yaml"
	archived() { [ -n "$(call GET "certificates/$(cat "$all/$1.id")" | of archived_at)" ]; }
	until_ok 90 archived expired
	until_ok 20 archived expired-revoked
	for name in expired:good expired-revoked:revoked; do
		openssl ocsp -issuer "$all/issuing.pem" -cert "$all/${name%:*}.pem" -CAfile "$root" -url "$ocsp" >said 2>&1
		grep -qF "${name%:*}.pem: ${name#*:}" said
	done
}
