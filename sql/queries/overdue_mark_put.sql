-- $1 label, $2 time, $3 certificate
UPDATE overdue_mark SET not_after = $2::timestamptz, certificate_id = $3::bigint WHERE label_id = $1::bigint
