-- Was it issued once, and is in the archive? $1 authority, $2 serial number
SELECT id, not_after FROM certificate_archive WHERE authority_id = $1::bigint AND serial = $2::bytea
