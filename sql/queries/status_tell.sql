-- Whoever answers from memory looks again, once this transaction has committed.
SELECT pg_notify('signet_status', '')
