-- One look into an index for each entry of the range: a scalar subquery is never made a join, whose
-- plan would hang on what the statistics say of two tables that grow all the time.
-- $1 origin, $2 settled, $3 most
SELECT e.id, e.entry FROM log_entry e
WHERE e.id > $2::bigint
    AND (SELECT l.index FROM log_leaf l WHERE l.origin_id = $1::bigint AND l.entry_id = e.id) IS NULL
ORDER BY e.id LIMIT $3::bigint
