-- It asked again: when, from where. $1 id, $2 now, $3 peer address, $4 request id
UPDATE enrollment SET at = $2::timestamptz, peer_address = $3::text, request_id = $4::text
WHERE id = $1::bigint
RETURNING id
