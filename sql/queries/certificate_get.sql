-- One, with its DER and whose product it is of (0: no device's). $1 id
SELECT v.id, v.serial, v.authority, v.device_id, v.product, v.device_serial, v.profile, v.label,
    v.subject_text, v.key_digest, v.not_before, v.not_after, v.issued_at, v.first_used_at, v.renews, c.der
FROM certificate_named v JOIN certificate c ON c.id = v.id
WHERE v.id = $1::bigint
