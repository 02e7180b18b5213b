-- What stands in the place of a new one that is to wait: it is over.
-- $1 label, $2 product's name, $3 serial, $4 digest of the new key, $5 now
SELECT id FROM enrollment
WHERE label = $1::text AND product = $2::text AND serial = $3::text AND key_digest = $4::bytea
    AND (state = 'redeemed'
	OR state IN ('open', 'approved', 'rejected') AND expires_at <= $5::timestamptz)
