-- $1 time, $2 how many
INSERT INTO certificate_archive_batch (at, count) VALUES ($1::timestamptz, $2::bigint) RETURNING id
