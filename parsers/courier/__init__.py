"""Courier: imapd, imapd-ssl, pop3d, pop3d-ssl, esmtpd and their shell grammar."""
