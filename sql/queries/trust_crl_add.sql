-- issuer, serial numbers, seconds since 1970 of their revocation
INSERT INTO trust_revoked (issuer, serial, revoked_at)
SELECT $1::bytea, r.serial, to_timestamp(r.at::double precision)
FROM unnest($2::bytea[], $3::bigint[]) AS r (serial, at)
ON CONFLICT (issuer, serial) DO NOTHING
