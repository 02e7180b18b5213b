-- In the order in which they came.
SELECT authority_id, url FROM crl_url ORDER BY authority_id, id
