-- The log in use, and below which number every transaction has ended.
SELECT o.id, o.name, o.vkey, o.predecessor_id, o.predecessor, o.size, o.root, o.settled, o.copied,
    coalesce(o.published, -1),
    coalesce((SELECT c.size FROM log_checkpoint c WHERE c.origin_id = o.id
	ORDER BY c.size DESC LIMIT 1), -1),
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
    coalesce((SELECT p.size FROM log_origin p WHERE p.id = o.predecessor_id), 0), o.started_at
FROM log_origin o ORDER BY o.id DESC LIMIT 1
