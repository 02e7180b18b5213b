-- $1 publication, $2 delta, $3 part
SELECT bytes FROM crl_chunk WHERE crl_id = $1::bigint AND delta = $2::boolean AND part = $3::integer
