-- kind, name
SELECT name, spec, version, updated_at, certificate FROM policy_document
WHERE kind = $1::text AND name = $2::text
