-- $1 authority, $2 now
SELECT authority_revoke($1::bigint, $2::timestamptz)
