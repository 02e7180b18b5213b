-- Never older than what is held, neither by number nor by time.
-- issuer, anchor, number, this update, next update, DER
INSERT INTO trust_crl (issuer, anchor_id, number, this_update, next_update, der)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (issuer) DO UPDATE SET
	anchor_id = excluded.anchor_id, number = excluded.number, this_update = excluded.this_update,
	next_update = excluded.next_update, der = excluded.der, imported_at = now()
	WHERE trust_crl.number <= excluded.number AND trust_crl.this_update <= excluded.this_update
RETURNING issuer
