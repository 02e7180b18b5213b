-- $1 release
SELECT step_id, signed_at, record, chain, suit, jws, cms
FROM release_signature WHERE release_id = $1::bigint
