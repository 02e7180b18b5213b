-- $1 now
SELECT spent_token_purge($1::timestamptz)
