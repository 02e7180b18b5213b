# deploy/demo/firmware.bash: firmware in the demo's tour: a pipeline that has it signed, a place where
# devices fetch it, a device that checks it. Sourced by demo.sh, whose functions it uses.
# shellcheck shell=bash disable=SC2154

firmware_server= # process of the web server that firmware lies on
firmware_job=    # process of a pipeline's step

# The build of a pipeline: a whole program in one file.
firmware_build() { # VERSION
	mkdir -p web "job-$1"
	cc -Os -s -static -DVERSION="\"$1\"" -o "job-$1/x100.bin" "$here/demo/firmware.c"
	cp "job-$1/x100.bin" "web/x100-$1.bin"
}

# Where firmware will lie, and what policy says of it.
firmware_policy() {
	while :; do
		firmware_port=$((20000 + (RANDOM << 15 | RANDOM) % 12000))
		stack_port_taken $firmware_port || break
	done
	sed "s|@PORT@|$firmware_port|" "$here/demo/firmware.yaml.in" >firmware.yaml
}

# Firmware lies wherever there is room: here behind OpenSSL's own web server, with a certificate of ours.
firmware_serve() {
	local tenth
	mkdir -p web
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout web.key \
		-out web.csr 2>web.log
	as admin certificate issue --profile service --csr web.csr --dns localhost --output web.pem
	(cd web && exec openssl s_server -accept "127.0.0.1:$firmware_port" -quiet -WWW -cert ../web.pem \
		-cert_chain ../web.pem -key ../web.key </dev/null >>../web.log 2>&1 9>&- 5>&-) &
	firmware_server=$!
	for tenth in $(seq 50); do
		! stack_port_taken "$firmware_port" || return 0
		sleep 0.1
	done
	wrong "the web server does not listen after $((tenth / 10)) s: $(tail -n 3 web.log)"
}

# ---- trust ----

# What olga and omar do, each on a machine of their own without a network.
trust_make() {
	local name
	sed "s|@LOG@|$(cat log.vkey)|" "$here/demo/trust.yaml.in" >trust.yaml
	for name in olga omar; do
		(umask 077 && openssl rand -base64 24 >$name.passphrase)
		run "$stack_bin/signet" trust key -o $name.key --passphrase-file $name.passphrase
	done
	run "$stack_bin/signet" trust make -f trust.yaml -o trust.unsigned
	run "$stack_bin/signet" trust sign trust.unsigned --key olga.key --passphrase-file olga.passphrase \
		-o trust.cbor --yes
	run "$stack_bin/signet" trust sign trust.cbor --key omar.key --passphrase-file omar.passphrase --yes
}

# ---- the pipeline ----

# What the CI service gives a run of the repository's main branch: a token that says where it is from.
firmware_token() {
	"$here/demo/ci-issuer" token ci iss=https://ci.demo.example sub=repo:demo/x100:ref:refs/heads/main \
		aud=signet-demo repository=demo/x100 repository_id=816 ref=refs/heads/main ref_protected=true \
		event_name=push sha=5f0c2b1a9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a run_id=7001 \
		workflow_ref=demo/x100/.ci/release.yml@refs/heads/main actor_id=4711
}

# The step, in an environment as a job has it: the server's address and root, what is to be signed, the
# run's token, no secret of ours. In the background: it waits for people, and is shown at its end.
firmware_step() { # VERSION
	local settings=(SIGNET_PRODUCT=acme-x100 SIGNET_CHANNEL=stable SIGNET_VERSION="$1" SIGNET_PUBLISH=true
		SIGNET_TRUST=../trust.cbor
		SIGNET_FILES="main=x100.bin,uri=https://localhost:$firmware_port/x100-$1.bin")
	local token
	token=$(firmware_token)
	printf '%s(a job of demo/x100) $ %s clients/ci/signet-sign.sh%s\n' "$dim" "${settings[*]}" "$plain" >&5
	(cd "job-$1" && exec env -i PATH="$PATH" HOME="$PWD" SIGNET="$stack_bin/signet" \
		SIGNET_API_URL="$SIGNET_API_URL" SIGNET_CACERT="$SIGNET_CACERT" SIGNET_OIDC_TOKEN="$token" \
		"${settings[@]}" "$stack_top/clients/ci/signet-sign.sh" >step.log 2>&1 9>&- 5>&-) &
	firmware_job=$!
}

firmware_step_end() { # VERSION
	local status=0
	wait "$firmware_job" || status=$?
	firmware_job=
	sed 's/^/  | /' "job-$1/step.log"
	[ $status -eq 0 ] || wrong "the step ended with $status"
}

# The request that a release waits with; nothing if none comes.
firmware_request() { # VERSION
	local request='' tenth
	for tenth in $(seq 100); do
		SIGNET_LOGIN=$stack_dir/login/alice "$stack_bin/signet" release show "acme-x100/stable/$1" \
			--json >release.json 2>/dev/null || true
		request=$(sed -n 's/^ *"request": *\([0-9][0-9]*\).*/\1/p' release.json | head -n 1)
		[ -z "$request" ] || break
		sleep 0.1
	done
	echo "$request"
}

# From the source to where devices find it.
firmware_release() { # VERSION
	local request digest
	firmware_build "$1"
	firmware_step "$1"
	request=$(firmware_request "$1")
	[ -n "$request" ] || wrong "no request came of it: $(cat "job-$1/step.log")"
	digest=$(digest_of "$request")
	as alice request approve "$request" --yes --digest "$digest"
	as carol request approve "$request" --yes --digest "$digest"
	firmware_step_end "$1"
}

# ---- the device ----

# What its boot loader does, and then the image of the slot that was chosen, run.
firmware_boot() {
	local slot
	run "$device" update boot --store unit --json >boot.json
	cat boot.json
	slot=$(sed -n 's/.*"slot": *"\([ab]\)".*/\1/p' boot.json | head -n 1)
	[ -n "$slot" ] || wrong "no slot starts"
	install -m 755 "unit/update/slot-$slot/image-0" booted
	run ./booted
}

# One bit of a file is another.
spoil() { # FILE OFFSET
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	# shellcheck disable=SC2059 # the format is the data
	printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

firmware_end() {
	local process
	for process in "$firmware_job" "$firmware_server"; do
		[ -n "$process" ] || continue
		kill "$process" 2>/dev/null || true
		wait "$process" 2>/dev/null || true
	done
	firmware_job='' firmware_server=''
}
