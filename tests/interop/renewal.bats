#!/usr/bin/env bats
# The life of a device's certificate over real sockets: hints when to renew, two phases, what is revoked
# or held, and what the log says of it.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load server.bash

setup_file() { interop_start; }
teardown_file() { interop_stop; }
setup() {
	interop_setup
	export HOME=$BATS_FILE_TMPDIR
	[ -e "$BATS_FILE_TMPDIR/labels" ] || make_labels
}

# label NAME MEMBER...: like `open`, with these
label() {
	printf 'kind: label\nname: %s\nprofile: device\ntrust_anchors: [acme]\nregistration: open\ndevice_limit: 1000\n' "$1"
	printf '%s\n' "${@:2}"
}

make_labels() {
	{
		label replace 'superseded: revoke'
		echo ---
		label punctual 'renew_early: refuse'
	} >labels.yaml
	stack_signet apply -f labels.yaml
	local tries=100
	until curl -fsS -o /dev/null --cacert "$root" "$est/replace/cacerts" 2>/dev/null; do
		((tries-- > 0)) || return 1
		sleep 0.2
	done
	touch "$BATS_FILE_TMPDIR/labels"
}

sql() {
	psql -qAtX -v ON_ERROR_STOP=1 "${SIGNET_DATABASE/user=signet_server/user=postgres}" -c "$1"
}

# api PATH [JSON]
api() {
	local body=()
	[ $# -lt 2 ] || body=(-H 'Content-Type: application/json' --data "$2")
	curl -sS -o api.reply -w '%{http_code}' -X POST --cacert "$root" -H "Authorization: Bearer $SIGNET_ADMIN_TOKEN" \
		"${body[@]}" "$SIGNET_API_URL/api/v1/$1"
}

certificate_id() { # FILE
	local serial
	serial=$(openssl x509 -in "$1" -noout -serial | sed 's/.*=//')
	sql "SELECT id FROM certificate WHERE serial = decode('$serial', 'hex')"
}

# get PATH NAME: with NAME.pem; sets status; files reply, headers
get() {
	status=$(curl -sS -o reply -D headers -w '%{http_code}' --cacert "$root" --cert "$2.pem" --key "$2.key" "$est/$1")
}

# enroll LABEL UNIT NAME
enroll() {
	request "$3"
	post "$1/simpleenroll" "$acme/$2.pem" "$acme/$2.key" "$3.b64"
	[ "$status" = 200 ]
	issued "$3.pem"
}

# renew LABEL OLD NEW
renew() {
	renewal "$3" "$2"
	post "$1/simplereenroll" "$2.pem" "$2.key" "$3.b64"
	[ "$status" = 200 ]
	issued "$3.pem"
}

hint() {
	tr -d '\r' <headers | sed -n 's/^Signet-Renew-At: //p'
}

@test "a device hears when to renew, always the same, within the window" {
	enroll replace SN-0001 one
	local told
	told=$(hint)
	[ -n "$told" ]
	local at ends
	at=$(date -u -d "$told" +%s)
	ends=$(date -u -d "$(openssl x509 -in one.pem -noout -enddate | sed 's/.*=//')" +%s)
	[ "$at" -ge $((ends - 30 * 86400)) ]
	[ "$at" -lt $((ends - 30 * 86400 / 4)) ]
	for path in cacerts csrattrs cacerts; do
		get "replace/$path" one
		[ "$status" = 200 ]
		[ "$(hint)" = "$told" ]
	done
	# A lost answer, repeated.
	post replace/simpleenroll "$acme/SN-0001.pem" "$acme/SN-0001.key" one.b64
	[ "$(hint)" = "$told" ]
}

@test "strangers and IDevIDs are served, and hear nothing of renewal" {
	curl -fsS --cacert "$root" -D headers -o reply "$est/replace/cacerts"
	[ -z "$(hint)" ]
	get replace/cacerts "$acme/SN-0001"
	[ "$status" = 200 ]
	[ -z "$(hint)" ]
}

@test "the old certificate lives until the new one is used, and no longer" {
	enroll replace SN-0002 old
	renew replace old new
	[ "$(sql "SELECT count(*) FROM certificate WHERE id = $(certificate_id new.pem) AND first_used_at IS NULL")" = 1 ]
	get replace/cacerts old
	[ "$status" = 200 ]
	# The answer was lost: the same key gets the same certificate.
	post replace/simplereenroll old.pem old.key new.b64
	[ "$status" = 200 ]
	issued again.pem
	cmp new.pem again.pem
	get replace/cacerts new
	[ "$status" = 200 ]
	[ "$(sql "SELECT reason FROM revocation WHERE certificate_id = $(certificate_id old.pem)")" = 4 ]
	sleep 1.1 # what was good a moment ago may be remembered for a second
	for path in cacerts csrattrs; do
		get "replace/$path" old
		[ "$status" = 403 ]
		grep -x 'code: ldevid.revoked' reply
	done
	renewal third old
	post replace/simplereenroll old.pem old.key third.b64
	[ "$status" = 403 ]
	grep -x 'code: ldevid.revoked' reply
	grep 'what to do: enroll again with the IDevID' reply
	renew replace new fourth
}

@test "where the label leaves it, the old certificate stays good" {
	enroll open SN-0003 old
	renew open old new
	get open/cacerts new
	[ "$status" = 200 ]
	get open/csrattrs old
	[ "$status" = 200 ]
	[ "$(sql "SELECT count(*) FROM revocation WHERE certificate_id = $(certificate_id old.pem)")" = 0 ]
}

@test "before the window a label may refuse, and says from when on" {
	enroll punctual SN-0004 one
	renewal two one
	post punctual/simplereenroll one.pem one.key two.b64
	[ "$status" = 403 ]
	grep -x 'code: renew.early' reply
}

@test "a hold closes EST and its lifting opens it again" {
	enroll open SN-0005 one
	local id
	id=$(certificate_id one.pem)
	[ "$(api "certificates/$id/hold")" = 200 ]
	renewal two one
	post open/simplereenroll one.pem one.key two.b64
	[ "$status" = 403 ]
	grep -x 'code: ldevid.held' reply
	get open/cacerts one
	[ "$status" = 403 ]
	[ "$(api "certificates/$id/resume")" = 200 ]
	post open/simplereenroll one.pem one.key two.b64
	[ "$status" = 200 ]
}

@test "a key reported compromised is never certified again, and the IDevID brings the device back" {
	enroll open SN-0006 one
	[ "$(api "certificates/$(certificate_id one.pem)/revoke" '{"reason":"keyCompromise"}')" = 200 ]
	# The same key: from its IDevID, from another unit, by its own certificate.
	for unit in SN-0006 SN-0007; do
		post open/simpleenroll "$acme/$unit.pem" "$acme/$unit.key" one.b64
		[ "$status" = 403 ]
		grep -x 'code: key.compromised' reply
	done
	renewal two one
	post open/simplereenroll one.pem one.key two.b64
	[ "$status" = 403 ]
	grep -x 'code: key.compromised' reply
	enroll open SN-0006 fresh
}

until_true() { # SQL
	local tries=100
	until [ "$(sql "$1")" = t ]; do
		((tries-- > 0)) || return 1
		sleep 0.2
	done
}

@test "a device that did not renew in time raises one alarm" {
	enroll replace SN-0008 one
	local id was begun alarms
	id=$(certificate_id one.pem)
	was=$(sql "SELECT not_after FROM certificate WHERE id = $id")
	begun="SELECT EXISTS (SELECT FROM overdue_mark m JOIN label l ON l.id = m.label_id WHERE l.name = 'replace')"
	alarms="SELECT count(*) FROM alarm a JOIN certificate c ON c.device_id = a.device_id WHERE a.kind = 'overdue' AND c.id = $id"
	kill -HUP "$INTEROP_SERVER" # every job is due
	until_true "$begun"
	sql "UPDATE certificate SET not_after = date_trunc('second', now()) + interval '7 days' WHERE id = $id"
	kill -HUP "$INTEROP_SERVER"
	until_true "SELECT ($alarms) = 1"
	kill -HUP "$INTEROP_SERVER"
	sleep 1
	until_true "SELECT ($alarms) = 1"
	sql "UPDATE certificate SET not_after = '$was' WHERE id = $id"
	curl -fsS --cacert "$root" -H "Authorization: Bearer $SIGNET_ADMIN_TOKEN" "$SIGNET_API_URL/api/v1/alarms" | grep overdue
}

@test "the log tells of first enrollments and of what was superseded, and is sound" {
	local signet=$stack_bin/signet
	[ "$(sql "SELECT count(*) FROM log_entry WHERE kind = 'device.enrolled'")" = "$(sql "SELECT count(*) FROM device WHERE first_enrolled_at IS NOT NULL")" ]
	SIGNET_TOKEN=$SIGNET_ADMIN_TOKEN "$signet" log verify --full
	# And of nothing else: who changes what such an entry was made of is named.
	local row
	row=$(sql "SELECT min(record_id) FROM log_salt s JOIN log_entry e ON e.id = s.entry_id WHERE e.kind = 'device.enrolled'")
	sql "UPDATE enrollment SET serial = serial || 'X' WHERE id = $row"
	run env SIGNET_TOKEN="$SIGNET_ADMIN_TOKEN" "$signet" log verify --full
	sql "UPDATE enrollment SET serial = left(serial, -1) WHERE id = $row"
	[ "$status" = 1 ]
	grep -E "enrollment $row\b" <<<"$output"
}

@test "metrics count renewals, their first use and what they superseded" {
	curl -fsS --cacert "$root" "$SIGNET_API_URL/metrics" >metrics
	grep -E '^signet_renewals_total\{what="issued"\} [1-9]' metrics
	grep -E '^signet_renewals_total\{what="used"\} [1-9]' metrics
	grep -E '^signet_superseded_total [1-9]' metrics
}
