-- issuer
DELETE FROM trust_revoked WHERE issuer = $1
