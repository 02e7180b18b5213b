#!/bin/sh
# signet-sign.sh: one step of a pipeline: have firmware signed, get the bundle. Calls signet sign, no more.
#
#   SIGNET_API_URL     https://signet.acme.example:9443
#   SIGNET_CACERT      the certificate that the server is trusted by, a file
#   SIGNET_PRODUCT  SIGNET_CHANNEL  SIGNET_VERSION
#   SIGNET_FILES       a FILE, or ID=FILE, on each line
#   SIGNET_OIDC_TOKEN  the job's ID token; on GitHub it is asked for
#
# and where they are set: SIGNET_OIDC_AUDIENCE, SIGNET_SBOM, SIGNET_NOTES_FILE, SIGNET_SUPERSEDES, SIGNET_TRUST,
# SIGNET_WAIT (30m), SIGNET_PATIENCE (2m), SIGNET_OUT (signed), SIGNET_PUBLISH (true or false), SIGNET (the program).
# No secret is needed, and none is taken. Exit: as signet sign.
set -eu

need() { # NAME VALUE
	[ -n "$2" ] || {
		echo "signet-sign: $1 is not set" >&2
		exit 2
	}
}
need SIGNET_API_URL "${SIGNET_API_URL:-}"
need SIGNET_CACERT "${SIGNET_CACERT:-}"
need SIGNET_PRODUCT "${SIGNET_PRODUCT:-}"
need SIGNET_CHANNEL "${SIGNET_CHANNEL:-}"
need SIGNET_VERSION "${SIGNET_VERSION:-}"
need SIGNET_FILES "${SIGNET_FILES:-}"
out=${SIGNET_OUT:-signed}
case $out in
*"
"*)
	echo "signet-sign: SIGNET_OUT is more than one line" >&2 # each would be an output of the step
	exit 2
	;;
esac

set -- --product "$SIGNET_PRODUCT" --channel "$SIGNET_CHANNEL" --version "$SIGNET_VERSION" --out "$out"
[ -z "${SIGNET_SBOM:-}" ] || set -- "$@" --sbom "$SIGNET_SBOM"
[ -z "${SIGNET_NOTES_FILE:-}" ] || set -- "$@" --notes-file "$SIGNET_NOTES_FILE"
[ -z "${SIGNET_SUPERSEDES:-}" ] || set -- "$@" --supersedes "$SIGNET_SUPERSEDES"
[ -z "${SIGNET_TRUST:-}" ] || set -- "$@" --trust "$SIGNET_TRUST"
[ -z "${SIGNET_WAIT:-}" ] || set -- "$@" --wait "$SIGNET_WAIT"
[ -z "${SIGNET_PATIENCE:-}" ] || set -- "$@" --patience "$SIGNET_PATIENCE"
[ "${SIGNET_PUBLISH:-false}" != true ] || set -- "$@" --publish
set -- "$@" --
while IFS= read -r file; do
	[ -z "$file" ] || set -- "$@" "$file"
done <<END
$SIGNET_FILES
END

# A login that somebody left on this machine is not the job's.
SIGNET_LOGIN=$out/no-login "${SIGNET:-signet}" sign "$@"

if [ -n "${GITHUB_OUTPUT:-}" ]; then
	{
		echo "bundle=$out/release.bundle"
		echo "manifest=$out/manifest.json"
		sed -n 's/.*"sequence":\([0-9]*\).*/sequence=\1/p' <"$out/manifest.json"
	} >>"$GITHUB_OUTPUT"
fi
