FETCH 8192 FROM crl_entries
