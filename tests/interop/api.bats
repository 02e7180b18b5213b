#!/usr/bin/env bats
# The examples of docs/api.md, by curl.

bats_require_minimum_version 1.5.0
load signet.bash

setup_file() { signet_start; }
teardown_file() { interop_stop; }
setup() {
	signet_setup
	api_url=$SIGNET_API_URL/api/v1
}

# A server that has just started may still be reading the keys that tokens are checked by: 503.
api() { curl --silent --show-error --retry 3 --cacert "$SIGNET_CACERT" -H "Authorization: Bearer $SIGNET_TOKEN" "$@"; }
json() { api -H 'Content-Type: application/json' "$@"; }
# A member of the JSON object on standard input.
member() { sed -n "s/.*\"$1\":\"\\{0,1\\}\\([^\",}]*\\).*/\\1/p" | head -n 1; }

@test "who am I, and may I" {
	[ "$(api "$api_url/whoami" | member principal)" = admin ]
	[ "$(api "$api_url/can?permission=device.register&scope=acme-x100" | member allowed)" = true ]
}

@test "nobody is told to say who it is" {
	run curl -sS --cacert "$SIGNET_CACERT" -i "$api_url/devices"
	[[ $output == *'401'* && $output == *'WWW-Authenticate: Bearer'* ]]
	[[ $output == *'application/problem+json'* && $output == *'"code":"credential.required"'* ]]
}

@test "the description is for everybody" {
	[ "$(curl -sS --cacert "$SIGNET_CACERT" "$api_url/openapi.json" | member openapi)" = 3.1.0 ]
}

@test "devices are registered once, however often the call is sent" {
	for replayed in 0 1; do
		json -D head -X POST -H "Idempotency-Key: 2b9f" -o body \
			-d '{"product": "acme-x100", "serials": ["API-1", "API-2"]}' "$api_url/devices"
		[ "$(member created <body)" = 2 ]
		[ "$(grep -ci '^idempotency-replayed: true' head)" = $replayed ]
	done
}

@test "devices are imported as CSV, all or nothing" {
	run api -X POST -H 'Content-Type: text/csv' --data-binary @- "$api_url/devices/import" \
		<<<$'product,serial\nacme-x100,API-3\nacme-x100,API-4'
	[ "$(member created <<<"$output")" = 2 ]
	run api -X POST -H 'Content-Type: text/csv' --data-binary @- "$api_url/devices/import" \
		<<<$'product,serial\nacme-x100,API-5\nacme-x100'
	[[ $output == *'"errors":[{"line":3,'* ]]
	[[ $(api "$api_url/devices?serial=API-5") == *'"items":[]'* ]]
}

@test "a list is walked page by page" {
	api "$api_url/devices?product=acme-x100&limit=1" >one
	next=$(member next <one)
	api "$api_url/devices?product=acme-x100&limit=1&after=$next" >two
	[ "$(member id <one)" -gt "$(member id <two)" ]
	[ "$(api "$api_url/devices?after=$next$next" | member code)" = query.cursor ]
}

@test "a document is changed by who has seen it" {
	json -X PUT -H 'If-None-Match: *' -d '{"manufacturer": "Api", "model": "1"}' -D head -o body \
		"$api_url/products/api-guide"
	grep -q '^HTTP/1.1 201' head
	etag=$(sed -n 's/^ETag: \(.*\)\r/\1/ip' head)
	json -X PUT -H "If-Match: $etag" -d '{"manufacturer": "Api", "model": "2"}' -D head -o body \
		"$api_url/products/api-guide"
	grep -q '^HTTP/1.1 200' head
	run json -X PUT -H "If-Match: $etag" -d '{"manufacturer": "Api", "model": "3"}' "$api_url/products/api-guide"
	[ "$(member code <<<"$output")" = condition.failed ]
	run json -X PUT -d '{"manufacturer": "Api", "model": "3"}' "$api_url/products/api-guide"
	[ "$(member code <<<"$output")" = condition.required ]
}

@test "a dry run says what would change, and changes nothing" {
	printf 'kind: product\nname: api-dry\nmanufacturer: Api\nmodel: Dry\n' >policy.yaml
	run api -X POST -H 'Content-Type: application/yaml' --data-binary @policy.yaml "$api_url/apply?dry_run=true"
	[[ $output == *'"effect":"created"'* ]]
	[ "$(api "$api_url/products/api-dry" | member code)" = object.unknown ]
}

@test "a refusal is explained later, from its record" {
	instance=$(json -X POST -d '{"product": "acme-x100", "serials": [7]}' "$api_url/devices" | member instance)
	run api "$SIGNET_API_URL$instance"
	[[ $output == *'"code":"body.member"'* && $output == *'/serials/0: text is wanted, not 7'* ]]
}

@test "a certificate is searched for and read back by openssl" {
	id=$(api "$api_url/certificates?limit=1" | member id)
	api "$api_url/certificates/$id/pem" | openssl x509 -noout -subject
}
