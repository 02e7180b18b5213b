-- A call that waits. No row: the same one is open already.
-- $1 now, $2 expires, $3 requester, $4 person, $5 permissions, $6 token, $7 acts, $8 products,
-- $9 channels, $10 method, $11 path, $12 query, $13 if_match, $14 if_none_match, $15 content_type,
-- $16 body, $17 plan, $18 digest, $19 difference, $20 policy version
INSERT INTO request (created_at, expires_at, requester, person, permissions, token_id, acts,
    products, channels, method, path, query, if_match, if_none_match, content_type, body, plan, digest,
    difference, policy_version)
VALUES ($1, $2, $3, $4, $5::text[], $6, $7::text[], $8::text[], $9::text[], $10, $11, $12, $13, $14,
    $15, $16, $17, $18, $19, $20)
ON CONFLICT (requester, coalesce(person, ''), digest) WHERE state = 'open' DO NOTHING
RETURNING id
