-- time, who, version, kind, name, record
INSERT INTO policy_change (at, who, version, kind, name, record)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id
