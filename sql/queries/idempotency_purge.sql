SELECT idempotency_purge($1::timestamptz)
