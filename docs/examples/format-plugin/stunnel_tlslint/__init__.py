"""stunnel's configuration, as far as it decides which versions and suites a service offers (stunnel(8))."""
