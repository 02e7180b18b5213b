-- $1 id
SELECT at, version, who, kind, name, record FROM policy_change WHERE id = $1::bigint
