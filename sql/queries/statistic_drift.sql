-- Where the counts are not what counting says. Reads every big table whole: for the owner of the server's
-- machine, never for a request. $1 put it right, too
WITH drift AS (
	SELECT kind, authority_id, product_id, state, coalesce(n.count, 0) AS kept, coalesce(c.count, 0) AS counted
	FROM statistic_now n FULL JOIN statistic_counted c USING (kind, authority_id, product_id, state)
	WHERE coalesce(n.count, 0) <> coalesce(c.count, 0)
), mended AS (
	INSERT INTO statistic_change (kind, authority_id, product_id, state, change)
	SELECT kind, authority_id, product_id, state, counted - kept FROM drift WHERE $1::boolean
)
SELECT d.kind, a.name, p.name, d.state, d.kept::bigint, d.counted::bigint
FROM drift d
LEFT JOIN authority a ON a.id = d.authority_id
LEFT JOIN product p ON p.id = d.product_id
ORDER BY 1, 2, 3, 4
