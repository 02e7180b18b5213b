-- $1 batch, $2 ids
SELECT certificate_archive_move($1::bigint, $2::bigint[])
