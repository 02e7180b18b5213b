-- What a certificate's row says beside its DER. $1 id
SELECT der, serial, subject, key_digest, not_before, not_after, issued_at
FROM certificate WHERE id = $1::bigint
