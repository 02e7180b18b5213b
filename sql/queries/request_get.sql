-- $1 id
SELECT id, created_at, expires_at, requester, person, permissions, token_id, acts, products, channels,
       method, path, query, if_match, if_none_match, content_type, body, plan, digest, difference::text,
       policy_version, state, closed_at, closed_by
  FROM request WHERE id = $1
