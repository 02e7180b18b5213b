-- What a mass act selects, as arguments of mass_selection. $1 id
SELECT certificate_id, device_id, product_id, batch, authority_id, key_digest, key_algorithm, issued_after,
    issued_before, within, valid_at, newest
FROM mass_act WHERE id = $1::bigint
