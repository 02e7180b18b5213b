-- $1 request, $2 policies, $3 acts, $4 products, $5 channels, $6 roles, $7 counts: arrays of one length
INSERT INTO request_requirement (request_id, position, policy, act, product, channel, role, approvals)
SELECT $1::bigint, r.n::integer, r.policy, r.act, r.product, r.channel, r.role, r.approvals::integer
  FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
       WITH ORDINALITY AS r (policy, act, product, channel, role, approvals, n)
