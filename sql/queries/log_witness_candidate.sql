-- $1 origin
SELECT coalesce(
    (SELECT min(s.size) FROM log_cosignature s JOIN log_origin o ON o.id = s.origin_id
	WHERE s.origin_id = $1::bigint AND s.size > coalesce(o.published, -1)
	    AND s.at > now() - interval '10 seconds'),
    (SELECT max(c.size) FROM log_checkpoint c WHERE c.origin_id = $1::bigint),
    -1)
