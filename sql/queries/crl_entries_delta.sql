-- What changed since a base; what is in force no longer has reason 8, removeFromCRL.
-- $1 authority, $2 shard, $3 sequence of the base
DECLARE crl_entries NO SCROLL CURSOR FOR
SELECT serial, revoked_at, CASE WHEN resumed_at IS NULL THEN reason::integer ELSE 8 END,
    CASE WHEN resumed_at IS NULL THEN invalidity_at END
FROM revocation
WHERE authority_id = $1::bigint AND shard = $2::integer AND sequence > $3::bigint
