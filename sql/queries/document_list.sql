-- Of one kind, by name. $1 kind, $2 behind this name ('': from the first), $3 how many
SELECT name, spec, version, updated_at, certificate FROM policy_document
WHERE kind = $1::text AND name > $2::text
ORDER BY name
LIMIT $3::bigint
