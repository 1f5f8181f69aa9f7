"""Apache httpd: apache2.conf, vhosts, .htaccess."""
