#!/usr/bin/env bats
# Who holds the database can change what it says, but not what the log says: `signet log verify`
# finds and names it. What is tampered with is put right again before the next test, but for the last.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load server

setup_file() {
	interop_start
}

teardown_file() {
	INTEROP_SERVER=$(cat "$INTEROP_DIR/server.pid") # the last test starts it anew
	interop_stop
}

setup() {
	interop_setup
	export HOME=$BATS_FILE_TMPDIR # where signet keeps the last checkpoint
	export SIGNET_TOKEN=$SIGNET_ADMIN_TOKEN
	[ -e "$BATS_FILE_TMPDIR/enrolled" ] || enroll_some
}

signet() {
	"$stack_bin/signet" "$@"
}

# SQL as the superuser: whom no grant holds back.
tamper() {
	psql -qAtX -v ON_ERROR_STOP=1 "${SIGNET_DATABASE/user=signet_server/user=postgres}" -c "$1"
}

enroll_some() {
	local n
	for n in 1 2 3; do
		request "unit$n"
		curl -fsS --cacert "$root" --cert "$acme/SN-000$n.pem" --key "$acme/SN-000$n.key" \
			-H 'Content-Type: application/pkcs10' --data-binary "@unit$n.b64" \
			"$est/simpleenroll" >/dev/null
	done
	touch "$BATS_FILE_TMPDIR/enrolled"
}

first_certificate() {
	tamper "SELECT min(id) FROM certificate WHERE device_id IS NOT NULL"
}

# verify_names PATTERN: verify fails, and its words match.
verify_names() {
	run signet log verify --full
	[ "$status" -eq 1 ] || {
		echo "verify ended with $status:"
		echo "$output"
		return 1
	}
	grep -qE -- "$1" <<<"$output" || {
		echo "no $1 in:"
		echo "$output"
		return 1
	}
}

# Every entry is in a checkpoint that is shown.
caught_up() {
	[ "$(tamper "SELECT (SELECT count(*) FROM log_entry) =
		(SELECT coalesce(published, -1) FROM log_origin ORDER BY id DESC LIMIT 1)")" = t ]
}

# tampered SQL UNDO PATTERN: found while it is so, and gone when it is undone.
tampered() {
	tamper "$1"
	local found=0
	verify_names "$3" || found=1
	tamper "$2"
	return $found
}

@test "a log that nobody touched is sound" {
	signet log verify --full
	run signet log verify
	[ "$status" -eq 0 ]
}

@test "a stranger with no key but the log's reads it" {
	curl -fsS "$SIGNET_PUBLIC_URL/log/vkey" >log.vkey
	signet log verify --public-only --log-url "$SIGNET_PUBLIC_URL/log" --vkey log.vkey
	"$stack_top/tests/log/read_log" "$SIGNET_PUBLIC_URL/log"
}

@test "every column of a certificate's row that says something is held" {
	local id column was new
	id=$(first_certificate)
	while IFS='|' read -r column new; do
		tamper "CREATE TABLE was AS SELECT * FROM certificate WHERE id = $id;
			UPDATE certificate SET $column = $new WHERE id = $id"
		was=0
		verify_names "certificate $id\b" || was=1
		tamper "UPDATE certificate c SET $column = w.$column FROM was w WHERE c.id = w.id;
			DROP TABLE was"
		[ $was -eq 0 ] || {
			echo "not found: $column"
			return 1
		}
	done <<'END'
der|set_byte(der, 100, get_byte(der, 100) # 1)
serial|'\x0102030405060708'
authority_id|authority_id + 1
device_id|(SELECT max(id) FROM device)
profile_id|profile_id + 1
label_id|label_id + 1
renews|1
subject|'\x3000'
key_digest|sha256('x')
not_before|not_before - interval '1 day'
not_after|not_after + interval '1 year'
issued_at|issued_at - interval '1 hour'
END
	signet log verify --full
}

@test "a device that gets another's serial number is found by its certificate" {
	local id
	id=$(first_certificate)
	tampered "UPDATE device SET serial = 'SN-6666' WHERE id = (SELECT device_id FROM certificate WHERE id = $id)" \
		"UPDATE device SET serial = 'SN-0001' WHERE serial = 'SN-6666'" "certificate $id\b"
}

@test "a device in a state that nobody logged is found" {
	tampered "UPDATE device SET state = 'suspended' WHERE serial = 'SN-0002'" \
		"UPDATE device SET state = 'enrolled' WHERE serial = 'SN-0002'" \
		"SN-0002: it is suspended, and the log does not say so"
	tampered "INSERT INTO device (product_id, serial, state) SELECT product_id, 'SN-7777', 'claimed'
		FROM device LIMIT 1" "DELETE FROM device WHERE serial = 'SN-7777'" "SN-7777: it is claimed"
	# What goes the right way is in the log.
	signet device suspend "$(tamper "SELECT id FROM device WHERE serial = 'SN-0003'")" --yes
	[ "$(tamper "SELECT state FROM device WHERE serial = 'SN-0003'")" = suspended ]
	signet log verify
}

@test "a token that is not as it was made, or lives again, is found" {
	local id person unguarded="SET session_replication_role = replica;"
	signet token create --ttl 10m --permission device.read,log.read -o narrow.token
	id=$(tamper "SELECT max(id) FROM token")
	person=$(tamper "SELECT quote_nullable(person) FROM token WHERE id = $id")
	signet log verify
	tampered "UPDATE token SET person = 'carol' WHERE id = $id" \
		"UPDATE token SET person = $person WHERE id = $id" "token $id.* its person is not as it was logged"
	tampered "UPDATE token SET permissions = NULL WHERE id = $id" \
		"UPDATE token SET permissions = '{device.read,log.read}' WHERE id = $id" \
		"token $id.* its permissions is not as it was logged"
	tampered "UPDATE token SET expires_at = expires_at + interval '1 day' WHERE id = $id" \
		"UPDATE token SET expires_at = expires_at - interval '1 day' WHERE id = $id" "token $id.* its expires_at"
	tampered "UPDATE token SET principal = 'carol' WHERE id = $id" \
		"UPDATE token SET principal = 'admin' WHERE id = $id" "token $id.* the log does not tell that it was made"
	tampered "INSERT INTO token (jti, principal, created_by, created_at, expires_at)
		VALUES (sha256('x'), 'admin', 'admin', now(), now() + interval '1 hour')" \
		"DELETE FROM token WHERE jti = sha256('x')" "the log does not tell that it was made"
	signet token revoke "$id" --yes
	signet log verify
	run tamper "UPDATE token SET revoked_at = NULL, revoked_by = NULL WHERE id = $id"
	[ "$status" -ne 0 ]
	tampered "$unguarded UPDATE token SET revoked_at = NULL, revoked_by = NULL WHERE id = $id" \
		"UPDATE token SET revoked_at = now(), revoked_by = 'admin' WHERE id = $id" \
		"token $id.* it is good, and the log says that it was revoked"
}

# revoke ID ACT [BODY]: through the API.
revoke() {
	curl -fsS --cacert "$root" -H "Authorization: Bearer $SIGNET_TOKEN" -X POST \
		${3:+-H 'Content-Type: application/json' -d "$3"} \
		"$SIGNET_API_URL/api/v1/certificates/$1/$2" >/dev/null
}

@test "a revocation that is told otherwise, gone, or nobody's is found" {
	local id event unguarded="SET session_replication_role = replica;"
	id=$(first_certificate)
	revoke "$id" hold
	revoke "$id" resume
	revoke "$id" hold
	revoke "$id" revoke '{"reason":"superseded","invalidity_at":"2026-01-01T00:00:00Z"}'
	signet log verify
	event=$(tamper "SELECT max(id) FROM status_change")
	tampered "UPDATE status_change SET reason = 5 WHERE id = $event" \
		"UPDATE status_change SET reason = 4 WHERE id = $event" "status-change $event\b"
	tampered "UPDATE status_change SET who = 'nobody' WHERE id = $event" \
		"UPDATE status_change SET who = 'admin' WHERE id = $event" "status-change $event\b"
	tampered "CREATE TABLE was AS SELECT * FROM status_change WHERE id = $event;
		DELETE FROM status_change WHERE id = $event" \
		"INSERT INTO status_change OVERRIDING SYSTEM VALUE SELECT * FROM was; DROP TABLE was" \
		"status-change $event\b.*gone"
	tampered "INSERT INTO status_change (certificate_id, authority_id, serial, change, reason, at, who, sequence)
		SELECT certificate_id, authority_id, serial, 'revoked', 1, at, who, 99 FROM status_change WHERE id = $event" \
		"DELETE FROM status_change WHERE id > $event" "a certificate revoked without an entry"
	tampered "CREATE TABLE was AS SELECT * FROM revocation; DELETE FROM revocation" \
		"INSERT INTO revocation SELECT * FROM was; DROP TABLE was" \
		"revocation $id\b.*its revocation is told of, and its row is gone"
	for change in "resumed_at = now(), reason = 6" "reason = 5" "revoked_at = now()" "sequence = 7" \
		"invalidity_at = NULL" "device_id = 1"; do
		tampered "$unguarded CREATE TABLE was AS SELECT * FROM revocation; UPDATE revocation SET $change" \
			"DELETE FROM revocation; INSERT INTO revocation SELECT * FROM was; DROP TABLE was" \
			"revocation $id\b.*differs from its newest event"
	done
	tampered "CREATE TABLE was AS SELECT * FROM revocation; UPDATE revocation SET shard = 5" \
		"DELETE FROM revocation; INSERT INTO revocation SELECT * FROM was; DROP TABLE was" \
		"revocation $id\b.*differs from the certificate"
	tampered "INSERT INTO revocation (authority_id, serial, certificate_id, shard, reason, revoked_at, not_after,
		sequence) SELECT authority_id, serial, id, shard, 4, now(), not_after, 5 FROM certificate
		WHERE id = $((id + 1))" "DELETE FROM revocation WHERE certificate_id = $((id + 1))" \
		"revocation $((id + 1))\b.*no event tells of it"
	signet log verify
}

@test "a certificate that is gone is found" {
	local id
	id=$(tamper "SELECT max(id) FROM certificate WHERE device_id IS NOT NULL")
	tampered "CREATE TABLE was AS SELECT * FROM certificate WHERE id = $id;
		DELETE FROM certificate WHERE id = $id" \
		"INSERT INTO certificate OVERRIDING SYSTEM VALUE SELECT * FROM was; DROP TABLE was" \
		"certificate $id\b.*gone"
}

@test "a certificate that was never logged is found" {
	tampered "INSERT INTO certificate (authority_id, serial, key_digest, subject, not_before, not_after, der)
		SELECT authority_id, '\x66', key_digest, subject, not_before, not_after, der
		FROM certificate WHERE id = $(first_certificate)" \
		"DELETE FROM certificate WHERE serial = '\x66'" "66: issued without an entry"
}

@test "an entry that is deleted is found" {
	local entry
	entry=$(tamper "SELECT entry_id FROM log_leaf WHERE index = 2")
	tampered "CREATE TABLE was AS SELECT * FROM log_entry WHERE id = $entry;
		CREATE TABLE was_salt AS SELECT * FROM log_salt WHERE entry_id = $entry;
		DELETE FROM log_salt WHERE entry_id = $entry; DELETE FROM log_entry WHERE id = $entry" \
		"INSERT INTO log_entry SELECT * FROM was; INSERT INTO log_salt SELECT * FROM was_salt;
		DROP TABLE was, was_salt" "entry deleted: entry 2:"
}

@test "an entry that is changed is found" {
	tampered "UPDATE log_entry SET entry = set_byte(entry, 40, get_byte(entry, 40) # 1)
		WHERE id = (SELECT entry_id FROM log_leaf WHERE index = 1)" \
		"UPDATE log_entry SET entry = set_byte(entry, 40, get_byte(entry, 40) # 1)
		WHERE id = (SELECT entry_id FROM log_leaf WHERE index = 1)" "entry changed: entry 1:"
}

@test "two entries that changed places are found" {
	local swap="UPDATE log_entry e SET entry = o.entry FROM log_leaf a, log_leaf b, log_entry o
		WHERE a.index IN (1, 3) AND b.index IN (1, 3) AND a.index <> b.index
		AND e.id = a.entry_id AND o.id = b.entry_id"
	tampered "$swap" "$swap" "entries swapped: entry 1 and 3:"
}

@test "leaves that point at each other's entries are found" {
	tampered "UPDATE log_leaf SET index = -index - 1000 WHERE false;
		ALTER TABLE log_leaf DROP CONSTRAINT log_leaf_origin_id_entry_id_key;
		UPDATE log_leaf l SET entry_id = o.entry_id FROM log_leaf o
		WHERE l.index IN (1, 3) AND o.index IN (1, 3) AND l.index <> o.index" \
		"UPDATE log_leaf l SET entry_id = o.entry_id FROM log_leaf o
		WHERE l.index IN (1, 3) AND o.index IN (1, 3) AND l.index <> o.index;
		ALTER TABLE log_leaf ADD UNIQUE (origin_id, entry_id)" "entries swapped: entry 1 and 3:"
}

# waiting SERIAL EXPIRES: one that nobody has decided on; its id
waiting() {
	tamper "INSERT INTO enrollment (label, operation, outcome, product, serial, key_digest, peer_address,
		request_id, stranger, state, expires_at) VALUES ('approval', 'enroll', 'pending', 'x100', '$1',
		sha256('$1'), '192.0.2.1', '0', false, 'open', $2) RETURNING id"
}

@test "an enrollment in a state that nobody decided on, or that did not expire, is found" {
	local over open n
	over=$(waiting E-1 "now() - interval '1 hour'")
	open=$(waiting E-2 "now() + interval '1 day'")
	kill -HUP "$INTEROP_SERVER" # every job, at once
	for n in $(seq 50); do
		[ "$(tamper "SELECT state FROM enrollment WHERE id = $over")" = expired ] && break
		sleep 0.2
	done
	signet log verify
	# Not 'open': the job that ends what has expired would put that right before anybody looked.
	tampered "UPDATE enrollment SET state = 'rejected' WHERE id = $over" \
		"UPDATE enrollment SET state = 'expired' WHERE id = $over" "enrollment $over.*state differs from the decision"
	tampered "UPDATE enrollment SET expires_at = expires_at + interval '1 day' WHERE id = $over" \
		"UPDATE enrollment SET expires_at = expires_at - interval '1 day' WHERE id = $over" "row changed: enrollment $over"
	tampered "UPDATE enrollment SET serial = 'E-3' WHERE id = $over" \
		"UPDATE enrollment SET serial = 'E-1' WHERE id = $over" "row changed: enrollment $over"
	for n in approved rejected redeemed; do
		tampered "UPDATE enrollment SET state = '$n' WHERE id = $open" \
			"UPDATE enrollment SET state = 'open' WHERE id = $open" "enrollment $open.*decided without an entry"
	done
	tampered "UPDATE enrollment SET state = 'expired' WHERE id = $open" \
		"UPDATE enrollment SET state = 'open' WHERE id = $open" "enrollment $open.*expired without an entry"
	# A decision that was logged does not leave it open.
	signet enrollment approve "$open"
	signet log verify
	tampered "UPDATE enrollment SET state = 'open' WHERE id = $open" \
		"UPDATE enrollment SET state = 'approved' WHERE id = $open" "enrollment $open.*state differs from the decision"
}

@test "a policy document that was changed behind the log's back is found" {
	tampered "CREATE TABLE was AS SELECT * FROM label; UPDATE label SET spec =
		replace(spec::text, '\"registration\":\"', '\"registration\": \"')::json" \
		"UPDATE label l SET spec = w.spec FROM was w WHERE w.id = l.id; DROP TABLE was" \
		"differs from its newest logged change"
	tampered "CREATE TABLE was AS SELECT * FROM access_document;
		UPDATE access_document SET removed = true WHERE kind = 'binding'" \
		"UPDATE access_document d SET removed = w.removed FROM was w WHERE w.id = d.id; DROP TABLE was" \
		"is removed, and the log does not say so"
	tampered "CREATE TABLE was AS SELECT * FROM authority;
		UPDATE authority SET certificate = '\x3000' WHERE parent_id IS NOT NULL" \
		"UPDATE authority a SET certificate = w.certificate FROM was w WHERE w.id = a.id; DROP TABLE was" \
		"certificate differs"
}

@test "a policy document that is gone is found" {
	tampered "CREATE TABLE was_label AS SELECT * FROM label WHERE name = 'approval';
		DELETE FROM label WHERE name = 'approval';
		CREATE TABLE was_role AS SELECT * FROM access_document WHERE kind = 'role' AND name = 'auditor';
		DELETE FROM access_document WHERE kind = 'role' AND name = 'auditor'" \
		"INSERT INTO label OVERRIDING SYSTEM VALUE SELECT * FROM was_label;
		INSERT INTO access_document OVERRIDING SYSTEM VALUE SELECT * FROM was_role;
		DROP TABLE was_label, was_role" "auditor: the log tells of it, and its row is gone"
	grep -q 'approval: the log tells of it' <<<"$output"
}

@test "a change of policy that is told otherwise is found" {
	tampered "CREATE TABLE was AS SELECT * FROM policy_change; UPDATE policy_change SET who = 'os:nobody'
		WHERE id = (SELECT max(id) FROM policy_change)" \
		"UPDATE policy_change c SET who = w.who FROM was w WHERE w.id = c.id; DROP TABLE was" \
		"who differs from its record"
	tampered "CREATE TABLE was AS SELECT * FROM policy_change; UPDATE policy_change SET record =
		convert_to(replace(convert_from(record, 'UTF8'), '\"who\":\"', '\"who\":\"x'), 'UTF8')" \
		"UPDATE policy_change c SET record = w.record FROM was w WHERE w.id = c.id; DROP TABLE was" \
		"policy_change"
}

@test "a tile that was changed is found" {
	tampered "UPDATE log_edge SET bytes = set_byte(bytes, 70, get_byte(bytes, 70) # 1) WHERE level = 0" \
		"UPDATE log_edge SET bytes = set_byte(bytes, 70, get_byte(bytes, 70) # 1) WHERE level = 0" \
		"published tile wrong:"
}

@test "a salt that is gone hides nothing unless the owner erased it" {
	local id
	id=$(first_certificate)
	tampered "CREATE TABLE was AS SELECT * FROM log_salt; UPDATE log_salt SET salt = NULL, erased_at = now()
		WHERE record_kind = 'certificate' AND record_id = $id" \
		"UPDATE log_salt s SET salt = w.salt, erased_at = NULL FROM was w WHERE w.entry_id = s.entry_id;
		DROP TABLE was" "its salt is gone"
	run stack_signetd log erase-salt certificate "$id"
	[ "$status" -eq 1 ]
	stack_signetd log erase-salt certificate "$id" --yes
	run signet log verify --full
	[ "$status" -eq 0 ]
	[[ $output == *erased* ]]
}

# prove_new TRY: enroll, ask for the proof at once; sets `id` and `ms`, the time until it is there
prove_new() {
	local started
	request "proven$1"
	curl -fsS --cacert "$root" --cert "$acme/SN-0005.pem" --key "$acme/SN-0005.key" \
		-H 'Content-Type: application/pkcs10' --data-binary "@proven$1.b64" "$est/simpleenroll" >/dev/null
	id=$(tamper "SELECT max(id) FROM certificate")
	started=$(date +%s%N)
	signet log prove certificate "$id" -o proven.tlog-proof
	ms=$((($(date +%s%N) - started) / 1000000))
}

@test "a proof is had at once, and holds without us" {
	local try id ms
	# A machine that does much else may be late, but not each time.
	for try in 1 2 3 4 5; do
		prove_new $try
		[ $ms -ge 1500 ] || break
	done
	[ $ms -lt 1500 ]
	curl -fsS "$SIGNET_PUBLIC_URL/log/vkey" >log.vkey
	signet log check proven.tlog-proof --vkey log.vkey
	run "$stack_top/tests/log/read_proof" "$(cat log.vkey)" proven.tlog-proof
	[ "$status" -eq 0 ]
	[[ $output == *"certificate.issued certificate $id" ]]
	# A bit of the proof turned is no proof.
	sed '3s/^\(.\)\(.*\)$/\2\1/' proven.tlog-proof >wrong.tlog-proof
	run signet log check wrong.tlog-proof --vkey log.vkey
	[ "$status" -eq 1 ]
}

# The keeper of server and database puts back an old copy, and what the server kept with it.
@test "a log that was rolled back, and one that was forked, are found" {
	local data=$stack_dir/postgres/data postgres=$stack_top/deploy/private-postgres n
	stack_server=$INTEROP_SERVER
	stack_stop_server
	"$postgres" stop "$stack_dir/postgres"
	cp -a "$data/" "$stack_dir/backup"
	stack_database_start
	stack_start
	request before
	curl -fsS --cacert "$root" --cert "$acme/SN-0006.pem" --key "$acme/SN-0006.key" \
		-H 'Content-Type: application/pkcs10' --data-binary "@before.b64" "$est/simpleenroll" >/dev/null
	soon caught_up
	signet log verify
	stack_stop_server
	"$postgres" stop "$stack_dir/postgres"
	rm -rf "${data:?}"/* "$stack_dir/state/log-checkpoint"
	cp -a "$stack_dir/backup/." "$data/"
	stack_database_start
	stack_start
	verify_names 'rolled back'
	for n in 7 8; do
		request "after$n"
		curl -fsS --cacert "$root" --cert "$acme/SN-000$n.pem" --key "$acme/SN-000$n.key" \
			-H 'Content-Type: application/pkcs10' --data-binary "@after$n.b64" "$est/simpleenroll" >/dev/null
	done
	soon caught_up
	verify_names 'fork'
}
