CLOSE crl_entries
