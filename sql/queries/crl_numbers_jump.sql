-- After a restored backup lists may be out there that the store knows nothing of. $1 by how much
UPDATE crl_shard SET number = number + $1::bigint, sequence = sequence + $1::bigint,
    floor = number + $1::bigint
