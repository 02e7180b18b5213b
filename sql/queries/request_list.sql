-- Newest first, without bodies and differences. $1 ids below this one (NULL: from the newest), $2 state, $3 act, $4 requester,
-- $5 products that the one who asks may see (NULL: all), $6 whose own are shown all the same, $7 limit
SELECT id, created_at, expires_at, requester, person, permissions, token_id, acts, products, channels,
       method, path, query, if_match, if_none_match, content_type, NULL::bytea, plan, digest, '[]',
       policy_version, state, closed_at, closed_by
  FROM request
 WHERE ($1::bigint IS NULL OR id < $1)
   AND ($2::text IS NULL OR state = $2)
   AND ($3::text IS NULL OR $3 = ANY (acts))
   AND ($4::text IS NULL OR requester = $4)
   AND ($5::text[] IS NULL OR products <@ $5 OR requester = $6::text)
 ORDER BY id DESC LIMIT $7::bigint
