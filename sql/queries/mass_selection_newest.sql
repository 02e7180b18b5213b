-- The newest certificate: what is issued later is in no selection of now.
SELECT coalesce(max(id), 0)::bigint FROM certificate
