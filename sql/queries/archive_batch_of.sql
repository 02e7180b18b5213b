-- $1 id of the certificate
SELECT batch_id FROM certificate_archive WHERE id = $1::bigint
