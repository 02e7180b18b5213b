-- No row: it is none. With the version of policy, as token_find.sql. $1 authority, $2 serial number, $3 DER
SELECT (SELECT version FROM policy_version), c.person
FROM certificate c JOIN public_key k ON k.digest = c.key_digest
WHERE c.authority_id = $1::bigint AND c.serial = $2::bytea AND c.der = $3::bytea
  AND c.device_id IS NULL AND k.kind = 'operator' AND k.compromised_at IS NULL
