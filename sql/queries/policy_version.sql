SELECT version FROM policy_version
