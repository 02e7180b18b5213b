-- $1 authority, $2 shard, $3 what ended before then is left out
-- The list of an offline root is for all that its name issued: where another root has the same name, since
-- the one follows the other, either list tells of both. Each would be taken for the other's.
DECLARE crl_entries NO SCROLL CURSOR FOR
SELECT serial, revoked_at, reason::integer, invalidity_at FROM revocation
WHERE authority_id = ANY (ARRAY(
	SELECT $1::bigint
	UNION
	SELECT o.id FROM authority a JOIN authority o ON o.subject = a.subject
	WHERE a.id = $1::bigint
	    AND a.parent_id IS NULL AND cardinality(a.chain) = 0 AND a.spec->>'key_uri' IS NULL
	    AND o.parent_id IS NULL AND cardinality(o.chain) = 0 AND o.spec->>'key_uri' IS NULL))
    AND shard = $2::integer AND resumed_at IS NULL
    AND not_after >= $3::timestamptz
