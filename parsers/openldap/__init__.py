"""OpenLDAP: slapd.conf, cn=config, and the clients."""
