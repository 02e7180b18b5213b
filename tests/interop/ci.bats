#!/usr/bin/env bats
# The steps of clients/ci/, run as the CI systems run them: GitHub's `run:` and `env:` out of action.yml, GitLab's
# `script:` and Jenkins' `sh` out of their files, in a plain shell. GitHub's token endpoint is played by a small server.
# No job has anything secret: the ID token of its run is all.

bats_require_minimum_version 1.5.0
load release.bash

setup_file() {
	signet_start
	release_start
	github_start
}
teardown_file() {
	. "$BATS_TEST_DIRNAME/server.bash"
	[ -z "${GITHUB_SERVER:-}" ] || kill "$GITHUB_SERVER" 2>/dev/null || true
	interop_stop
}
setup() {
	signet_setup
	release_setup
	signet_ci=$stack_top/clients/ci
	cp "$root" root.pem
	mkdir share
	cp -r "$signet_ci" share/ci
}

# GitHub's side: gives whoever shows the job's bearer a token with the audience that was asked for.
github_start() {
	local dir=$INTEROP_DIR/github
	mkdir "$dir"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost -keyout "$dir/tls.key" -out "$dir/tls.pem" 2>/dev/null
	cat >"$dir/server.py" <<-'END'
		import http.server, ssl, subprocess, sys, urllib.parse
		dir, issuer, ci = sys.argv[1:4]
		class Handler(http.server.BaseHTTPRequestHandler):
		    def log_message(self, *words):
		        pass
		    def do_GET(self):
		        query = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
		        good = self.headers.get("Authorization") == "Bearer of-the-job" and query.get("api-version") == ["2.0"]
		        body = b"{}"
		        if good:
		            token = subprocess.run([issuer, "token", ci, "iss=https://ci.example", "aud=" + query["audience"][0],
		                "sub=acme/x100", "repository=acme/x100", "repository_id=815", "ref=refs/heads/main",
		                "ref_protected=true", "actor_id=77", "event_name=push", "run_id=4711",
		                "workflow_ref=acme/x100/.github/workflows/release.yml@refs/heads/main"],
		                check=True, capture_output=True, text=True).stdout.strip()
		            body = ('{"count":1,"value":"%s"}' % token).encode()
		        self.send_response(200 if good else 401)
		        self.send_header("Content-Type", "application/json")
		        self.send_header("Content-Length", str(len(body)))
		        self.end_headers()
		        self.wfile.write(body)
		server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
		context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		context.load_cert_chain(dir + "/tls.pem", dir + "/tls.key")
		server.socket = context.wrap_socket(server.socket, server_side=True)
		open(dir + "/port.new", "w").write(str(server.server_port))
		import os
		os.rename(dir + "/port.new", dir + "/port")
		server.serve_forever()
	END
	python3 "$dir/server.py" "$dir" "$BATS_TEST_DIRNAME/../../deploy/demo/ci-issuer" "$INTEROP_DIR/ci" \
		>"$dir/log" 2>&1 3>&- 4>&- 9>&- &
	export GITHUB_SERVER=$!
	for _ in $(seq 50); do
		[ ! -s "$dir/port" ] || break
		sleep 0.1
	done
	[ -s "$dir/port" ]
}

# A job's shell: a directory of its own, nobody's login, nothing of this test's.
job() { # NAME=VALUE... COMMAND...
	env -i PATH="$PATH" HOME="$BATS_TEST_TMPDIR/home" SIGNET_API_URL="$SIGNET_API_URL" SIGNET_CACERT=root.pem "$@"
}

# The one composite step of action.yml: its environment, with these inputs, and its command.
github_step() { # INPUT=VALUE...
	python3 - "$signet_ci/github/action.yml" "$@" <<-'END'
		import re, shlex, sys
		text = open(sys.argv[1]).read()
		inputs = dict(re.findall(r"^  ([a-z-]+):\n(?:    (?!default).*\n)*    default: (.*)$", text, re.M))
		inputs = {name: value.strip('"') for name, value in inputs.items()}
		inputs.update(word.split("=", 1) for word in sys.argv[2:])
		for name, given in re.findall(r"^        ([A-Z_]+): \$\{\{ inputs\.([a-z-]+) \}\}$", text, re.M):
		    print("export %s=%s" % (name, shlex.quote(inputs[given])))
		print(re.search(r"^      run: (.*)$", text, re.M).group(1))
	END
}

@test "GitHub's action: the token is asked for, the release is signed, the outputs are set" {
	github_step server="$SIGNET_API_URL" cacert=root.pem product=acme-x100 channel=beta version="$version" \
		files="app.bin" audience=https://signet.example trust="$trust" publish=true >step
	cat step
	job GITHUB_ACTION_PATH="$signet_ci/github" GITHUB_OUTPUT=outputs SSL_CERT_FILE="$INTEROP_DIR/github/tls.pem" \
		ACTIONS_ID_TOKEN_REQUEST_URL="https://localhost:$(cat "$INTEROP_DIR/github/port")/token?api-version=2.0" \
		ACTIONS_ID_TOKEN_REQUEST_TOKEN=of-the-job sh step
	cat outputs
	grep -qx bundle=signed/release.bundle outputs
	grep -qE '^sequence=[0-9]+$' outputs
	signet release verify signed/release.bundle --trust "$trust" --version "$version" app.bin
	[ "$(signet release list --version "$version" --state published --json | grep -c '"sequence"')" = 1 ]
}

@test "GitHub's action without permission for tokens says what to do" {
	github_step server="$SIGNET_API_URL" cacert=root.pem product=acme-x100 channel=beta version="$version" \
		files="app.bin" >step
	run -1 job GITHUB_ACTION_PATH="$signet_ci/github" sh step
	[[ $output == *"id-token: write"* ]]
	run -1 job GITHUB_ACTION_PATH="$signet_ci/github" SSL_CERT_FILE="$INTEROP_DIR/github/tls.pem" \
		ACTIONS_ID_TOKEN_REQUEST_URL="https://localhost:$(cat "$INTEROP_DIR/github/port")/token?api-version=2.0" \
		ACTIONS_ID_TOKEN_REQUEST_TOKEN=of-another sh step
	[[ $output == *"HTTP 401"* ]]
}

@test "an input is never a command" {
	github_step server="$SIGNET_API_URL" cacert=root.pem product='$(touch owned)' channel='`touch owned`' \
		version='"; touch owned; "' files="app.bin" audience=https://signet.example >step
	run -1 job GITHUB_ACTION_PATH="$signet_ci/github" SIGNET_OIDC_TOKEN="$(ci_token)" sh step
	[ ! -e owned ]
}

@test "the directory for the results is no option of a program, and no further output of the step" {
	given=(SIGNET_OIDC_TOKEN="$(ci_token)" SIGNET_PRODUCT=acme-x100 SIGNET_CHANNEL=beta SIGNET_VERSION="$version"
		SIGNET_FILES=app.bin GITHUB_OUTPUT=outputs)
	job "${given[@]}" SIGNET_OUT='-e1e touch owned;#' "$signet_ci/signet-sign.sh"
	[ ! -e owned ]
	grep -qxF 'bundle=-e1e touch owned;#/release.bundle' outputs
	grep -qE '^sequence=[0-9]+$' outputs
	rm outputs
	run -2 job "${given[@]}" SIGNET_OUT=$'signed\nbundle=other' "$signet_ci/signet-sign.sh"
	[[ $output == *"SIGNET_OUT is more than one line"* ]]
	[ ! -e outputs ]
}

@test "GitLab's template: its script, with the token of its id_tokens" {
	grep -A2 'id_tokens:' "$signet_ci/gitlab/signet-sign.yml" | grep -q SIGNET_OIDC_TOKEN
	sed -n '/^  script:/,/^  [a-z]/s/^    - //p' "$signet_ci/gitlab/signet-sign.yml" >step
	[ -s step ]
	printf 'main=app.bin\nradio=radio.bin\n' >files
	job SIGNET_SHARE="$PWD/share" SIGNET_OIDC_TOKEN="$(ci_token)" SIGNET_OUT=signed SIGNET_WAIT=30m \
		SIGNET_PRODUCT=acme-x100 SIGNET_CHANNEL=beta SIGNET_VERSION="$version" SIGNET_FILES="$(cat files)" sh -e step
	signet release verify signed/release.bundle --trust "$trust" main=app.bin radio=radio.bin
}

@test "Jenkins' stage: its sh, with the token of its credential" {
	sed -n "s/^ *sh '\(.*\)'\$/\1/p" "$signet_ci/jenkins/Jenkinsfile" >step
	[ "$(wc -l <step)" = 1 ]
	grep -q "variable: 'SIGNET_OIDC_TOKEN'" "$signet_ci/jenkins/Jenkinsfile"
	job SIGNET_SHARE="$PWD/share" SIGNET_OIDC_TOKEN="$(ci_token)" SIGNET_PRODUCT=acme-x100 SIGNET_CHANNEL=beta \
		SIGNET_VERSION="$version" SIGNET_FILES=app.bin sh -xe step
	signet release verify signed/release.bundle --trust "$trust" app.bin
}

@test "the plain step waits for approvals, and says by its exit code that it still does" {
	token=$(ci_token)
	run -3 job SIGNET_OIDC_TOKEN="$token" SIGNET_PRODUCT=acme-x100 SIGNET_CHANNEL=stable SIGNET_VERSION="$version" \
		SIGNET_FILES=app.bin SIGNET_WAIT=1s "$signet_ci/signet-sign.sh"
	request=$(request_of "$version")
	approve_by alice "$request"
	approve_by carol "$request"
	job SIGNET_OIDC_TOKEN="$token" SIGNET_PRODUCT=acme-x100 SIGNET_CHANNEL=stable SIGNET_VERSION="$version" \
		SIGNET_FILES=app.bin SIGNET_WAIT=60s "$signet_ci/signet-sign.sh"
	signet release verify signed/release.bundle --trust "$trust" --channel stable app.bin
	run -2 job SIGNET_OIDC_TOKEN="$token" "$signet_ci/signet-sign.sh"
	[[ $output == *"SIGNET_PRODUCT is not set"* ]]
}
