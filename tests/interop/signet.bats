#!/usr/bin/env bats
# signet against the real server: logins, policy, devices, people who approve, the log.

bats_require_minimum_version 1.5.0
load signet.bash

setup_file() { signet_start; }
teardown_file() { interop_stop; }
setup() { signet_setup; }

@test "a login is kept, used instead of the environment, and forgotten" {
	run signet login --token-file "$people/admin"
	[ "$status" -eq 0 ]
	[[ $output == *"as admin" ]]
	[ "$(stat -c %a .config/signet/login)" = 600 ]
	env -u SIGNET_API_URL -u SIGNET_CACERT -u SIGNET_TOKEN "$stack_bin/signet" whoami
	signet logout
	run -1 env -u SIGNET_API_URL -u SIGNET_CACERT -u SIGNET_TOKEN "$stack_bin/signet" whoami
	[[ $output == *login.none* ]]
}

@test "a pin of the root's or the issuing authority's certificate is enough to trust the server by" {
	for certificate in "$issuing" "$root"; do
		pin=$(openssl x509 -in "$certificate" -noout -fingerprint -sha256 | sed 's/.*=//')
		env -u SIGNET_CACERT "$stack_bin/signet" login --pin "$pin" <"$people/admin"
		env -u SIGNET_CACERT "$stack_bin/signet" whoami
	done
	run -1 env -u SIGNET_CACERT "$stack_bin/signet" login --pin "${pin//[0-9]/7}" <"$people/admin"
	[[ $output == *login.pin* ]]
}

@test "a server that the CA file does not vouch for is told nothing" {
	run -1 env SIGNET_CACERT="$mallory/ca.pem" "$stack_bin/signet" whoami
	[[ $output == *tls.untrusted* ]]
}

@test "a role that was got can be applied, and changes nothing" {
	run --separate-stderr signet get role viewer
	signet apply -f - <<<"$output" 2>said
	grep -q '^0 changed, 1 unchanged' said
}

@test "the demo's own policy can be applied: files that it names are sent along" {
	run signet apply -f "$stack_dir/policy.yaml" --dry-run
	[ "$status" -eq 0 ]
	[[ $output == *'0 changed'* ]]
}

@test "what policy cannot hold is refused with the file's line" {
	printf 'kind: role\nname: bad\npermissions: [fly]\n' >bad.yaml
	run -1 signet apply -f bad.yaml
	[[ $output == *"refused: bad.yaml:"* ]]
	id=$(sed -n 's/.*signet refusal explain //p' <<<"$output")
	run signet refusal explain "$id"
	[[ $output == *"there is no permission 'fly'"* ]]
	run --separate-stderr -1 signet apply -f bad.yaml --json
	[ "$(member code)" = document.refused ]
}

@test "a registration officer registers where the scope says, and nowhere else" {
	person rita registration-officer acme-x100
	as rita signet device register acme-x100 SN-R1
	run -1 as rita signet device register acme-r200 SN-R1
	[[ $output == *access.denied* ]]
	run as rita signet device list --all --json
	[[ $output != *acme-r200* ]]
	run signet can rita device.register acme-x100
	[ "$status" -eq 0 ]
	run -1 signet can rita device.register acme-r200
	[[ $output == no:* ]]
}

@test "20,000 devices are imported in pieces, and again are known" {
	{
		echo product,serial
		seq -f 'acme-r200,BULK-%.0f' 20000
	} >units.csv
	run --separate-stderr signet device import units.csv --json
	echo "$output $stderr"
	[ "$(member created)" = 20000 ]
	run --separate-stderr signet device import units.csv --from-line 10002 --json
	[ "$(member known)" = 10000 ]
}

@test "a bad line of an import is named as it stands in the file" {
	printf 'serial\nGOOD-1\n\nGOOD-2\n%070d\n' 0 >bad.csv
	run -1 signet device import bad.csv --product acme-r200
	[[ $output == *"bad.csv:5: "* ]]
	run --separate-stderr signet device list --serial GOOD-1 --json
	[ "$output" = '[]' ]
}

@test "a list of thousands has every one exactly once" {
	seq -f '{"product": "acme-r200", "serial": "MANY-%.0f"}' 1200 |
		signet device import - --format ndjson
	signet device list --product acme-r200 --all --json >all.json
	grep -o '"serial":"MANY-[0-9]*"' all.json | sort >seen
	[ "$(wc -l <seen)" = 1200 ]
	[ "$(uniq -d seen | wc -l)" = 0 ]
	signet device list --product acme-r200 --limit 1001 >table
	[ "$(wc -l <table)" = 1002 ]
}

@test "two people: who asks cannot approve, what is approved is exactly what was shown" {
	person ann admin
	person ben admin
	signet apply -f - <<-EOF
		kind: approval-policy
		name: labels-by-two
		acts: [label.change]
		approvals: 2
		role: admin
	EOF
	stack_later_label >later.yaml
	run --separate-stderr as ann signet apply -f later.yaml --json
	[ "$status" -eq 0 ]
	id=$(member request.id)
	digest=$(member request.digest)
	run -1 signet get label later
	run -1 as ann signet request approve "$id" --yes --digest "$digest"
	run -1 as ben signet request approve "$id" --yes --digest "${digest//[0-9]/0}"
	[[ $output == *request.digest* ]]
	run -2 as ben signet request approve "$id" </dev/null
	[[ $output == *"+ /profile"* ]]
	as ben signet request approve "$id" --yes --digest "$digest"
	run -1 as ann signet request redeem "$id"
	signet request approve "$id" --yes --digest "$digest"
	as ann signet request redeem "$id"
	signet get label later
	run -1 as ann signet request redeem "$id"
	# the policy is in its own way: two must agree to let it go
	signet delete approval-policy labels-by-two --yes
}

@test "the log is verified, the checkpoint is kept, and a changed row is named" {
	enroll d SN-0001
	signet log verify
	compgen -G '.local/state/signet/logs/*/checkpoint'
	local owner=${SIGNET_DATABASE/user=signet_server/user=signet_owner} changed
	changed=$(psql -At "$owner" -c 'SELECT max(id) FROM certificate')
	move() { psql -q "$owner" -c "UPDATE certificate SET not_after = not_after $1 interval '1 day' WHERE id = $changed"; }
	move +
	run -1 signet log verify
	[[ $output == *"row changed: certificate $changed "* ]]
	run --separate-stderr -1 signet log verify --json
	[ "$(member differences.0.fault)" = row-changed ]
	move -
	signet log verify
}

@test "a proof of an enrollment is checked offline, by key alone" {
	enroll e SN-0006
	run --separate-stderr signet certificate search --serial SN-0006 --json
	id=$(member 0.id)
	signet log prove certificate "$id" -o c.tlog-proof
	run --separate-stderr signet log info --json
	member vkey >log.vkey
	run env -u SIGNET_API_URL -u SIGNET_TOKEN -u SIGNET_CACERT "$stack_bin/signet" log check \
		c.tlog-proof --vkey log.vkey
	[ "$status" -eq 0 ]
	[[ $output == *"record: certificate $id, and the entry is about exactly it"* ]]
	sed -i 's/^index .*/index 0/' c.tlog-proof
	run -1 signet log check c.tlog-proof --vkey log.vkey
}

@test "colours are for terminals" {
	signet list roles >plain
	run ! grep -q $'\033' plain
	TERM=xterm script -qec "signet list roles" /dev/null >typescript </dev/null
	grep -q $'\033\[1m' typescript
	TERM=xterm NO_COLOR=1 script -qec "signet list roles" /dev/null >typescript </dev/null
	run ! grep -q $'\033' typescript
}

@test "manual pages are clean, and there is one for each command" {
	signet man --directory man
	[ "$(ls man | wc -l)" -gt 40 ]
	if command -v mandoc; then
		mandoc -T lint -W warning man/*.1
	fi
	LC_ALL=C.UTF-8 groff -Tutf8 -man -ww -z man/*.1 >warnings 2>&1
	cat warnings
	[ ! -s warnings ]
}

@test "completion knows commands, options and kinds, in every shell that is here" {
	signet completion bash >signet.bash
	cat >try.bash <<-'EOF'
		. ./signet.bash
		words() { COMP_WORDS=(signet "$@"); COMP_CWORD=$#; _signet; echo "${COMPREPLY[*]}"; }
		words dev
		words device im
		words device list --sta
		words describe trust
		words device import --format ''
	EOF
	run bash try.bash
	[ "${lines[0]}" = device ]
	[ "${lines[1]}" = import ]
	[ "${lines[2]}" = --state ]
	[ "${lines[3]}" = trust-anchor ]
	[ "${lines[4]}" = "csv ndjson" ]
	signet completion zsh >_signet
	signet completion fish >signet.fish
	if command -v zsh >/dev/null; then zsh -n _signet; fi
	if command -v fish >/dev/null; then fish --no-execute signet.fish; fi
}
