"""What HTTP answers carry."""
