-- An event, as the log commits to it. $1 id
SELECT certificate_id, authority_id, serial, change, reason::integer, at, invalidity_at, who, person,
    request_id, mass_act_id, device_id, sequence
FROM status_change WHERE id = $1::bigint
