-- The number is given out if nobody came first; what is served no longer loses its bytes.
-- $1 authority, $2 shard, $3 number so far, $4 new number, $5 publication, $6 it has a full list,
-- $7 it has a delta list
WITH before AS (
	SELECT full_id, delta_id FROM crl_shard
	WHERE authority_id = $1::bigint AND shard = $2::integer AND number = $3::bigint
	FOR UPDATE
), taken AS (
	UPDATE crl_shard SET number = $4::bigint,
	    full_id = CASE WHEN $6::boolean THEN $5::bigint ELSE full_id END,
	    delta_id = CASE WHEN $7::boolean THEN $5::bigint
		WHEN $6::boolean THEN NULL ELSE delta_id END
	WHERE authority_id = $1::bigint AND shard = $2::integer AND number = $3::bigint
	RETURNING number
), full_gone AS (
	DELETE FROM crl_chunk USING before
	WHERE $6::boolean AND crl_id = before.full_id AND NOT delta AND EXISTS (SELECT FROM taken)
), delta_gone AS (
	DELETE FROM crl_chunk USING before
	WHERE crl_id = before.delta_id AND delta AND EXISTS (SELECT FROM taken)
)
SELECT number FROM taken
