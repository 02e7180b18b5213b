-- A call that waits. No row: the same one is open already.
-- $1 now, $2 expires, $3 requester, $4 person, $5 permissions, $6 token, $7 acts, $8 products,
-- $9 channels, $10 method, $11 path, $12 query, $13 if_match, $14 content_type, $15 body, $16 plan,
-- $17 digest, $18 difference, $19 policy version
INSERT INTO request (created_at, expires_at, requester, person, permissions, token_id, acts,
    products, channels, method, path, query, if_match, content_type, body, plan, digest, difference,
    policy_version)
VALUES ($1, $2, $3, $4, $5::text[], $6, $7::text[], $8::text[], $9::text[], $10, $11, $12, $13, $14,
    $15, $16, $17, $18, $19)
ON CONFLICT (requester, coalesce(person, ''), digest) WHERE state = 'open' DO NOTHING
RETURNING id
