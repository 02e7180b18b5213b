-- One, with its DER and whose product it is of (0: no device's). $1 id
SELECT v.*, c.der
FROM certificate_named v JOIN certificate c ON c.id = v.id
WHERE v.id = $1::bigint
