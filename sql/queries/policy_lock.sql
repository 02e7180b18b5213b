-- Whoever changes policy holds this row: one at a time.
SELECT version FROM policy_version FOR UPDATE
