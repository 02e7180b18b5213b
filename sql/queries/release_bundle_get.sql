-- $1 release
SELECT bytes, sha256 FROM release_bundle WHERE release_id = $1::bigint
