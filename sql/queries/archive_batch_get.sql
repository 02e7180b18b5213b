-- $1 batch
SELECT at, count FROM certificate_archive_batch WHERE id = $1::bigint
